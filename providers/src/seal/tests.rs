use time::macros::datetime;

use super::*;

/// `age-keygen`'s published example pair.
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

fn sealer() -> Sealer {
    Sealer::for_recipients([RECIPIENT]).unwrap()
}

fn quick_passphrase(passphrase: &str) -> Sealer {
    Sealer(SealFor::Passphrase(SecretString::from(passphrase.to_owned()), 4))
}

fn new_unsealer() -> Unsealer {
    let identity = generate_identity(datetime!(2027-01-02 03:04:05 UTC));
    Unsealer::with_identities(&identity.text).unwrap()
}

#[test]
fn a_secret_comes_back_as_it_was() {
    let unsealer = Unsealer::with_identities(IDENTITY).unwrap();
    for secret in [&b""[..], b"x", &[0xff; 70_000]] {
        let sealed = sealer().seal(secret).unwrap();
        assert!(sealed.is_ascii() && sealed.starts_with(ARMOR) && sealed.ends_with("-----\n"));
        assert_eq!(*unsealer.unseal(&sealed).unwrap(), secret);
        let with_blanks = format!("\n  {sealed}\n\n");
        assert_eq!(*unsealer.unseal(&with_blanks).unwrap(), secret);
        assert_eq!(*unsealer.unseal(&sealed.replace('\n', "\r\n")).unwrap(), secret);
    }
}

#[test]
fn every_recipient_can_open() {
    let (one, two) = (new_unsealer(), new_unsealer());
    let recipients = [one.recipients(), two.recipients()].concat();
    let sealed = Sealer::for_recipients(&recipients).unwrap().seal(b"secret").unwrap();
    assert_eq!(*one.unseal(&sealed).unwrap(), b"secret");
    assert_eq!(*two.unseal(&sealed).unwrap(), b"secret");
    assert_eq!(new_unsealer().unseal(&sealed), Err(UnsealError::WrongIdentity));
}

#[test]
fn a_passphrase_opens_what_it_sealed() {
    let sealed = quick_passphrase("correct horse").seal(b"secret").unwrap();
    let open = |passphrase| Unsealer::with_passphrase(passphrase).unwrap().unseal(&sealed);
    assert_eq!(*open("correct horse").unwrap(), b"secret");
    assert_eq!(open("wrong"), Err(UnsealError::WrongPassphrase));
    assert_eq!(new_unsealer().unseal(&sealed), Err(UnsealError::PassphraseNeeded));
    let for_identity = sealer().seal(b"secret").unwrap();
    let passphrase = Unsealer::with_passphrase("correct horse").unwrap();
    assert_eq!(passphrase.unseal(&for_identity), Err(UnsealError::IdentityNeeded));
}

/// Made with Debian's age 1.1.1, which is the Go program: `age -a -r …` and `age -a -p`.
#[test]
fn what_the_age_program_sealed_opens_here() {
    let unsealer = Unsealer::with_identities(IDENTITY).unwrap();
    let secret = unsealer.unseal(include_str!("fixtures/age-1.1.1-recipient.age")).unwrap();
    assert_eq!(*secret, b"sealed by Go age 1.1.1\n");
    let unsealer = Unsealer::with_passphrase("correct horse").unwrap();
    let secret = unsealer.unseal(include_str!("fixtures/age-1.1.1-passphrase.age")).unwrap();
    assert_eq!(*secret, b"sealed by Go age 1.1.1\n");
}

#[test]
fn damage_is_told_from_the_wrong_identity() {
    let unsealer = Unsealer::with_identities(IDENTITY).unwrap();
    let sealed = sealer().seal(&[7; 300]).unwrap();
    let lines: Vec<_> = sealed.lines().collect();
    let without = |index: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != index);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    for index in 0..lines.len() {
        assert_eq!(unsealer.unseal(&without(index)), Err(UnsealError::Corrupt), "line {index}");
    }
    for text in ["", "secret", "age-encryption.org/v1\n", ARMOR] {
        assert_eq!(unsealer.unseal(text), Err(UnsealError::Corrupt), "{text}");
    }
}

#[test]
fn each_altered_character_is_noticed() {
    let unsealer = Unsealer::with_identities(IDENTITY).unwrap();
    let sealed = sealer().seal(b"secret").unwrap();
    for (index, byte) in sealed.bytes().enumerate() {
        let mut altered = sealed.clone().into_bytes();
        altered[index] = if byte == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(unsealer.unseal(&altered).is_err(), "character {index}");
    }
}

#[test]
fn identities_are_read_as_age_keygen_writes_them() {
    let identity = generate_identity(datetime!(2027-01-02 03:04:05.6 UTC));
    let lines: Vec<_> = identity.text.lines().collect();
    assert_eq!(lines[0], "# created: 2027-01-02T03:04:05Z");
    assert_eq!(lines[1], format!("# public key: {}", identity.recipient));
    assert!(lines[2].starts_with("AGE-SECRET-KEY-1") && lines.len() == 3);
    let unsealer = Unsealer::with_identities(&identity.text).unwrap();
    assert_eq!(unsealer.recipients().concat(), identity.recipient);
    assert_eq!(Unsealer::with_identities(IDENTITY).unwrap().recipients().concat(), RECIPIENT);
}

#[test]
fn what_is_no_identity_is_refused_by_line() {
    let encrypted = sealer().seal(IDENTITY.as_bytes()).unwrap();
    let cases = [
        ("", UnsealError::NoIdentity),
        ("# only a comment\n\n", UnsealError::NoIdentity),
        ("# a\n\nAGE-SECRET-KEY-1X\n", UnsealError::BadIdentity { line: 3 }),
        ("AGE-PLUGIN-YUBIKEY-1Q\n", UnsealError::BadIdentity { line: 1 }),
        (RECIPIENT, UnsealError::BadIdentity { line: 1 }),
        (encrypted.as_str(), UnsealError::EncryptedIdentity),
    ];
    for (text, error) in cases {
        assert_eq!(Unsealer::with_identities(text).err(), Some(error), "{text}");
    }
    assert_eq!(Unsealer::with_passphrase("").err(), Some(UnsealError::EmptyPassphrase));
}

#[test]
fn what_is_no_recipient_is_refused_without_repeating_a_secret() {
    let error = |recipient: &str| Sealer::for_recipients([recipient]).unwrap_err();
    assert!(matches!(error("age1x"), SealError::BadRecipient(_)));
    assert!(matches!(error(""), SealError::BadRecipient(_)));
    for secret in [IDENTITY.to_owned(), IDENTITY.to_lowercase()] {
        let error = error(&secret);
        assert!(matches!(error, SealError::IdentityAsRecipient));
        assert!(!format!("{error} {error:?}").to_uppercase().contains("1GQ9778"));
    }
    assert!(matches!(Sealer::for_recipients([""; 0]), Err(SealError::NoRecipient)));
    assert!(matches!(Sealer::with_passphrase(""), Err(SealError::EmptyPassphrase)));
}

#[test]
fn nothing_secret_is_printed() {
    let identity = generate_identity(datetime!(2027-01-02 03:04:05 UTC));
    assert_eq!(format!("{identity:?}"), "NewIdentity { .. }");
    assert_eq!(format!("{:?}", Sealer::with_passphrase("secret").unwrap()), "Sealer { .. }");
    assert_eq!(format!("{:?}", new_unsealer()), "Unsealer { .. }");
}
