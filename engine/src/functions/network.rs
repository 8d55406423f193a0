//! Addresses in CIDR notation.

mod cidr;

use num_bigint::Sign;

use super::signature::{Call, Function, FunctionError, Outcome, Param, Shape};
use crate::value::{Number, Type, Value};
use cidr::{Address, Block};

const PREFIX: Param = Param::new("prefix", Shape::String);

pub const TABLE: &[Function] = &[
    Function::new(
        "cidrcontains",
        &[
            Param::new("containing_prefix", Shape::String),
            Param::new("contained_ip_or_prefix", Shape::String),
        ],
        Shape::Bool,
        contains,
    ),
    Function::new("cidrhost", &[PREFIX, Param::new("hostnum", Shape::Number)], Shape::String, host),
    Function::new("cidrnetmask", &[PREFIX], Shape::String, netmask),
    Function::new(
        "cidrsubnet",
        &[PREFIX, Param::new("newbits", Shape::Number), Param::new("netnum", Shape::Number)],
        Shape::String,
        subnet,
    ),
    Function::new("cidrsubnets", &[PREFIX], Shape::Strings, subnets)
        .variadic(Param::new("newbits", Shape::Number)),
];

fn block(call: &Call, index: usize) -> Result<Block, FunctionError> {
    let text = call.text(index)?;
    Block::parse(text).ok_or_else(|| {
        let shown = call.shown(text);
        let message = format!("invalid CIDR expression: invalid CIDR address: {shown}");
        FunctionError::of_kind(index, message)
    })
}

/// An integer of any size up to 128 bits and its sign.
fn wide(call: &Call, index: usize) -> Result<(bool, u128), FunctionError> {
    let number = call.args.get(index).and_then(Value::as_number).and_then(Number::to_bigint);
    let number = number.and_then(|number| {
        let (sign, magnitude) = number.into_parts();
        Some((sign == Sign::Minus, u128::try_from(magnitude).ok()?))
    });
    number
        .ok_or_else(|| FunctionError::at(index, "value must be a whole number of at most 128 bits"))
}

fn host(call: &Call) -> Outcome {
    let block = block(call, 0)?;
    let (from_end, number) = wide(call, 1)?;
    let host = block.host(from_end, number).ok_or_else(|| {
        let (shown, bits) = (call.args[1].as_number(), block.prefix);
        let shown = shown.map(Number::to_string).unwrap_or_default();
        FunctionError::new(format!("prefix of {bits} does not accommodate a host numbered {shown}"))
    })?;
    Ok(host.to_string().into())
}

fn netmask(call: &Call) -> Outcome {
    let block = block(call, 0).map_err(FunctionError::of_call)?;
    match block.base {
        // As in Terraform, the mask of an IPv4 address in IPv6 clothes is that of IPv6.
        Address::V4(_) if call.text(0)?.contains(':') => Ok(block.mask_in_v6().to_string().into()),
        Address::V4(_) => Ok(block.mask().to_string().into()),
        Address::V6(_) => Err(FunctionError::at(0, "IPv6 addresses cannot have a netmask")),
    }
}

fn subnet(call: &Call) -> Outcome {
    let block = block(call, 0)?;
    let new_bits = u8::try_from(call.int(1)?)
        .map_err(|_| FunctionError::at(1, "must extend the prefix by 0 to 128 bits"))?;
    let (negative, number) = wide(call, 2)?;
    let longer = block.extended(new_bits).ok_or_else(|| not_enough(1, block, new_bits))?;
    if negative {
        return Err(FunctionError::at(2, "the network number must not be negative"));
    }
    let subnet = longer.network(new_bits, number).ok_or_else(|| {
        FunctionError::at(
            2,
            format!(
                "prefix extension of {new_bits} does not accommodate a subnet numbered {number}"
            ),
        )
    })?;
    Ok(subnet.to_string().into())
}

fn not_enough(arg: usize, block: Block, new_bits: u8) -> FunctionError {
    let prefix = block.prefix;
    let message = format!("insufficient address space to extend prefix of {prefix} by {new_bits}");
    FunctionError::of_kind(arg, message)
}

fn too_long(arg: usize, block: Block, new_bits: u8) -> FunctionError {
    let (prefix, family) = (u16::from(block.prefix) + u16::from(new_bits), block.family());
    let message =
        format!("would extend prefix to {prefix} bits, which is too long for an {family} address");
    FunctionError::of_kind(arg, message)
}

/// Consecutive subnets, each aligned to its own size.
fn subnets(call: &Call) -> Outcome {
    let block = block(call, 0)?;
    let mut next = Some(block.base);
    let mut found = Vec::new();
    for index in 1..call.args.len() {
        let new_bits = match call.int(index)? {
            bits @ 1..=32 => bits as u8,
            ..=0 => {
                return Err(FunctionError::at(index, "must extend prefix by at least one bit"));
            }
            _ => {
                return Err(FunctionError::at(index, "may not extend prefix by more than 32 bits"));
            }
        };
        let longer = block.extended(new_bits).ok_or_else(|| too_long(index, block, new_bits))?;
        let subnet = next.and_then(|at| longer.at_or_after(at)).filter(|s| block.contains(s));
        let subnet = subnet.ok_or_else(|| {
            let before = found.last().and_then(Value::as_str).map(|last| call.shown(last));
            let (prefix, before) = (longer.prefix, before.unwrap_or_default());
            let message = format!(
                "not enough remaining address space for a subnet with a prefix of {prefix} bits after \
                 {before}"
            );
            FunctionError::of_kind(index, message)
        })?;
        next = subnet.after();
        found.push(Value::from(subnet.to_string()));
    }
    Ok(Value::list(Type::String, found))
}

fn contains(call: &Call) -> Outcome {
    let outer = block(call, 0)?;
    let text = call.text(1)?;
    let inner = Block::parse(text).or_else(|| Address::parse(text).map(Block::of_one));
    let inner = inner.ok_or_else(|| {
        let shown = call.shown(text);
        FunctionError::of_kind(1, format!("invalid IP address or prefix: {shown}"))
    })?;
    if outer.bits() != inner.bits() {
        let (outer, inner) = (call.shown(call.text(0)?), call.shown(text));
        let message = format!("address family mismatch: {outer} vs. {inner}");
        return Err(FunctionError::of_kind(None, message));
    }
    Ok(outer.contains(&inner).into())
}
