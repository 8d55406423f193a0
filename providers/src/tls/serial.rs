//! Serial numbers.

use aws_lc_rs::rand;
use thiserror::Error;

/// A certificate's serial number: positive and below 2^63, as kubeadm draws them.
///
/// Source: `NewSignedCert` in kubeadm's `pkiutil`, and client-go's `NewSelfSignedCACert`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Serial(u64);

/// Why there is no serial number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SerialError {
    /// The number is zero or does not fit 63 bits.
    #[error("a serial number lies between 1 and 2^63 - 1, not {0}")]
    OutOfRange(u64),
    /// The system gave no random bytes.
    #[error("the system's random source failed")]
    Random,
}

impl Serial {
    /// The serial of every CA certificate client-go made before it drew them (kubeadm 1.20).
    pub(super) const ZERO: Self = Self(0);

    /// Takes a number.
    ///
    /// # Errors
    /// Fails if it is zero or above 2^63 - 1.
    pub fn new(number: u64) -> Result<Self, SerialError> {
        match number {
            1..=0x7fff_ffff_ffff_ffff => Ok(Self(number)),
            _ => Err(SerialError::OutOfRange(number)),
        }
    }

    /// Draws a number from the system's random source.
    ///
    /// # Errors
    /// Fails if the random source does.
    pub fn random() -> Result<Self, SerialError> {
        let mut bytes = [0; 8];
        rand::fill(&mut bytes).map_err(|_| SerialError::Random)?;
        Self::new((u64::from_be_bytes(bytes) >> 1).max(1))
    }

    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_positive_and_fits_63_bits() {
        let cases = [(0, false), (1, true), (u64::MAX >> 1, true), ((u64::MAX >> 1) + 1, false)];
        for (number, accepted) in cases {
            assert_eq!(Serial::new(number).is_ok(), accepted, "{number}");
        }
        assert_ne!(Serial::random().unwrap(), Serial::random().unwrap());
    }
}
