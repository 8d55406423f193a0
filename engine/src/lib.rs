//! Quorate engine.
