//! What takes a key or chance: passwords, random identifiers, RSA.

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use uuid::Builder;

use super::date::not_before_apply;
use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};

const COST: std::ops::RangeInclusive<i64> = 4..=20;
const DEFAULT_COST: u32 = 10;

pub const TABLE: &[Function] = &[
    Function::new("bcrypt", &[Param::new("str", Shape::String)], Shape::String, bcrypt)
        .variadic(Param::new("cost", Shape::Number)),
    Function::new(
        "rsadecrypt",
        &[Param::new("ciphertext", Shape::String), Param::new("privatekey", Shape::String)],
        Shape::String,
        rsadecrypt,
    ),
    Function::new("uuid", &[], Shape::String, uuid),
];

fn random<const N: usize>(call: &Call) -> Result<Option<[u8; N]>, FunctionError> {
    let Some(entropy) = &call.ambient.impure else { return Ok(None) };
    let bytes = entropy.random(N).try_into();
    bytes.map(Some).map_err(|_| FunctionError::new("the source of random bytes ran dry"))
}

fn uuid(call: &Call) -> Outcome {
    Ok(match random(call)? {
        Some(bytes) => Builder::from_random_bytes(bytes).into_uuid().to_string().into(),
        None => not_before_apply(),
    })
}

fn bcrypt(call: &Call) -> Outcome {
    let cost = match call.args.len() {
        1 => DEFAULT_COST,
        2 => cost(call.int(1)?)?,
        _ => return Err(FunctionError::at(2, "bcrypt() takes no more than two arguments")),
    };
    let password = call.text(0)?;
    if password.len() > 72 {
        return Err(FunctionError::at(0, "password length exceeds 72 bytes"));
    }
    let Some(salt) = random(call)? else { return Ok(not_before_apply()) };
    let hash = bcrypt::hash_with_salt(password, cost, salt)
        .map_err(|error| FunctionError::new(format!("cannot hash the password: {error}")))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA).into())
}

/// Each step doubles the time, so what would take hours is refused.
fn cost(cost: i64) -> Result<u32, FunctionError> {
    let outside = || FunctionError::at(1, format!("the cost must be between 4 and {}", COST.end()));
    u32::try_from(cost).ok().filter(|_| COST.contains(&cost)).ok_or_else(outside)
}

/// No message tells more than that it failed: what is decrypted is a secret.
fn rsadecrypt(call: &Call) -> Outcome {
    let secret = BASE64.decode(call.text(0)?).map_err(|_| {
        FunctionError::at(0, "failed to decode input: cipher text must be base64-encoded")
    })?;
    let key = private_key(call.text(1)?).ok_or_else(|| {
        FunctionError::at(1, "not an RSA private key of 2048 bits or more in PEM")
    })?;
    let mut clear = vec![0; key.min_output_size()];
    let clear = key.decrypt(&secret, &mut clear).map_err(|_| {
        FunctionError::new("failed to decrypt: the key does not fit the cipher text")
    })?;
    let text = str::from_utf8(clear);
    Ok(text.map_err(|_| FunctionError::new("the decrypted bytes are not valid UTF-8"))?.into())
}

fn private_key(pem: &str) -> Option<Pkcs1PrivateDecryptingKey> {
    let key = match block(pem, "RSA PRIVATE KEY") {
        Some(pkcs1) => wrapped(&pkcs1)?,
        None => block(pem, "PRIVATE KEY")?,
    };
    Pkcs1PrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&key).ok()?).ok()
}

/// The bytes of the first PEM block of a label.
fn block(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (inside, _) = rest.split_once(&format!("-----END {label}-----"))?;
    BASE64.decode(inside.split_ascii_whitespace().collect::<String>()).ok()
}

/// A PKCS#1 key in the envelope of PKCS#8, which is all that the library reads.
fn wrapped(pkcs1: &[u8]) -> Option<Vec<u8>> {
    const VERSION_AND_RSA: [u8; 18] = [
        0x02, 0x01, 0x00, 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01,
        0x01, 0x05, 0x00,
    ];
    let key = tagged(0x04, pkcs1)?;
    tagged(0x30, &[VERSION_AND_RSA.as_slice(), &key].concat())
}

/// A DER value behind its tag and its length, in two bytes as all RSA keys need.
fn tagged(tag: u8, bytes: &[u8]) -> Option<Vec<u8>> {
    let [high, low] = u16::try_from(bytes.len()).ok()?.to_be_bytes();
    Some([&[tag, 0x82, high, low], bytes].concat())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeySize, Pkcs1PublicEncryptingKey, PrivateDecryptingKey};
    use base64::Engine as _;

    use super::BASE64;
    use crate::eval::{Ambient, Entropy};
    use crate::functions::call;
    use crate::value::{Marks, Value};

    #[derive(Debug)]
    struct Zeros;

    impl Entropy for Zeros {
        fn now(&self) -> i64 {
            1_500_000_000
        }

        fn random(&self, count: usize) -> Vec<u8> {
            vec![0; count]
        }
    }

    fn applying() -> Ambient {
        Ambient { impure: Some(Arc::new(Zeros)), ..Ambient::default() }
    }

    #[test]
    fn chance_is_unknown_in_a_plan() {
        let text = Value::from("x");
        for (name, args) in [("uuid", &[][..]), ("timestamp", &[]), ("bcrypt", &[text])] {
            assert!(call(name, args, &Ambient::default()).expect(name).is_unknown(), "{name}");
        }
    }

    #[test]
    fn chance_answers_while_applying() {
        let ambient = applying();
        let uuid = call("uuid", &[], &ambient).expect("a value");
        assert_eq!(uuid, "00000000-0000-4000-8000-000000000000".into());
        let time = call("timestamp", &[], &ambient).expect("a value");
        assert_eq!(time, "2017-07-14T02:40:00Z".into());
        let secret = Value::from("x").sensitive();
        let hash = call("bcrypt", &[secret, 4.into()], &ambient).expect("a value");
        let (hash, marks) = hash.unmark();
        assert_eq!(marks, Marks::SENSITIVE);
        let hash = hash.as_str().expect("a string");
        assert!(hash.starts_with("$2a$04$") && bcrypt::verify("x", hash).expect("a hash"));
    }

    #[test]
    fn costs_out_of_bounds_are_refused() {
        for cost in [3, 21, i64::MAX] {
            assert!(call("bcrypt", &["x".into(), cost.into()], &applying()).is_err());
        }
    }

    #[test]
    fn rsa_keys_in_both_formats_decrypt() {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).expect("a key");
        let public = Pkcs1PublicEncryptingKey::new(key.public_key()).expect("a key");
        let mut secret = vec![0; public.ciphertext_size()];
        let secret = BASE64.encode(public.encrypt(b"hello", &mut secret).expect("room"));
        let pkcs8: Pkcs8V1Der = key.as_der().expect("a key");
        let pkcs8 = pkcs8.as_ref();
        for (label, der) in [("PRIVATE KEY", pkcs8), ("RSA PRIVATE KEY", &pkcs8[26..])] {
            let pem =
                format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der));
            let args = [secret.as_str().into(), Value::from(pem).sensitive()];
            let clear = call("rsadecrypt", &args, &Ambient::default()).expect(label);
            assert_eq!(clear, Value::from("hello").sensitive(), "{label}");
        }
    }

    #[test]
    fn broken_keys_and_texts_are_refused() {
        let args = |text: &str, key: &str| [Value::from(text), Value::from(key)];
        for args in [args("!", ""), args("aGk=", ""), args("aGk=", "-----BEGIN PRIVATE KEY-----")] {
            assert!(call("rsadecrypt", &args, &Ambient::default()).is_err());
        }
    }
}
