//! Quorate providers.
