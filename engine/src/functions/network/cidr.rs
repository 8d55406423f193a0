//! Blocks of addresses, in 128-bit arithmetic that cannot overflow.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// IPv4.
    V4(u32),
    /// IPv6.
    V6(u128),
}

impl Address {
    /// Reads an address; parts of an IPv4 address may have leading zeros and are decimal still.
    pub fn parse(text: &str) -> Option<Address> {
        if text.contains(':') {
            let address: Ipv6Addr = text.parse().ok()?;
            // An IPv4 address in IPv6 clothes is treated as the former.
            return Some(match address.to_ipv4_mapped() {
                Some(v4) => Address::V4(v4.into()),
                None => Address::V6(address.into()),
            });
        }
        let parts: Vec<u32> = text.split('.').map(decimal).collect::<Option<_>>()?;
        let [a, b, c, d] = parts[..] else { return None };
        Some(Address::V4(a << 24 | b << 16 | c << 8 | d))
    }

    fn value(self) -> u128 {
        match self {
            Address::V4(address) => u128::from(address),
            Address::V6(address) => address,
        }
    }

    /// An address of the same family, unless the value does not fit.
    fn with(self, value: u128) -> Option<Address> {
        match self {
            Address::V4(_) => u32::try_from(value).ok().map(Address::V4),
            Address::V6(_) => Some(Address::V6(value)),
        }
    }
}

fn decimal(part: &str) -> Option<u32> {
    let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    part.parse().ok().filter(|number| digits && *number < 256)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::V4(address) => Ipv4Addr::from(*address).fmt(f),
            Address::V6(address) => Ipv6Addr::from(*address).fmt(f),
        }
    }
}

/// An address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first address.
    pub base: Address,
    /// How many bits the addresses have in common.
    pub prefix: u8,
}

impl Block {
    /// Reads `10.0.0.0/8`; bits after the prefix are dropped.
    pub fn parse(text: &str) -> Option<Block> {
        let (address, prefix) = text.split_once('/')?;
        let base = Address::parse(address)?;
        let digits = prefix.bytes().all(|b| b.is_ascii_digit());
        let mut prefix: u8 = prefix.parse().ok().filter(|_| digits)?;
        if address.contains(':') && matches!(base, Address::V4(_)) {
            prefix = prefix.checked_sub(96)?;
        }
        let block = Block { base, prefix };
        if prefix > block.bits() {
            return None;
        }
        Some(Block { base: base.with(base.value() & !block.host_mask())?, prefix })
    }

    /// The block of one address.
    pub fn of_one(base: Address) -> Block {
        let block = Block { base, prefix: 0 };
        Block { prefix: block.bits(), ..block }
    }

    /// What its addresses are called.
    pub fn family(&self) -> &'static str {
        match self.base {
            Address::V4(_) => "IPv4",
            Address::V6(_) => "IPv6",
        }
    }

    /// How many bits its addresses have.
    pub fn bits(&self) -> u8 {
        match self.base {
            Address::V4(_) => 32,
            Address::V6(_) => 128,
        }
    }

    /// How many bits are left for hosts.
    pub fn host_bits(&self) -> u8 {
        self.bits() - self.prefix
    }

    /// Ones where hosts differ.
    fn host_mask(&self) -> u128 {
        low_ones(self.host_bits())
    }

    /// Ones in the prefix, as an address.
    pub fn mask(&self) -> Address {
        let mask = low_ones(self.bits()) & !self.host_mask();
        self.base.with(mask).unwrap_or(self.base)
    }

    /// Ones in the prefix of an IPv4 block that was written as one of IPv6.
    pub fn mask_in_v6(&self) -> Address {
        Address::V6(!self.host_mask())
    }

    /// A host by its number, which for `from_end` counts back from the last.
    pub fn host(&self, from_end: bool, number: u128) -> Option<Address> {
        let offset = match from_end {
            false => Some(number),
            true => number.checked_sub(1).and_then(|n| self.host_mask().checked_sub(n)),
        };
        let offset = offset.filter(|offset| *offset <= self.host_mask())?;
        self.base.with(self.base.value() | offset)
    }

    /// The first block whose prefix is longer by `bits`.
    pub fn extended(&self, bits: u8) -> Option<Block> {
        let prefix = self.prefix.checked_add(bits).filter(|prefix| *prefix <= self.bits())?;
        Some(Block { base: self.base, prefix })
    }

    /// The block numbered `number` within the `bits` last ones of the prefix.
    pub fn network(&self, bits: u8, number: u128) -> Option<Block> {
        if number > low_ones(bits) {
            return None;
        }
        let shifted = number.checked_shl(u32::from(self.host_bits())).unwrap_or(0);
        Some(Block { base: self.base.with(self.base.value() | shifted)?, ..*self })
    }

    /// The first block of the same length that starts at an address or after it.
    pub fn at_or_after(&self, address: Address) -> Option<Block> {
        let mask = self.host_mask();
        let start = address.value().checked_add(mask)? & !mask;
        Some(Block { base: self.base.with(start)?, ..*self })
    }

    /// The address after the last.
    pub fn after(&self) -> Option<Address> {
        let last = self.base.value() | self.host_mask();
        self.base.with(last.checked_add(1)?)
    }

    /// Whether all addresses of another block of the same family are in this one.
    pub fn contains(&self, other: &Block) -> bool {
        other.prefix >= self.prefix && other.base.value() & !self.host_mask() == self.base.value()
    }
}

fn low_ones(bits: u8) -> u128 {
    1_u128.checked_shl(u32::from(bits)).map_or(u128::MAX, |bit| bit - 1)
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}
