//! Certificates, judged by code that did not make them: OpenSSL's command line and rustls.

#![cfg(test)]

mod adopt;
mod bytes;
mod golden;
mod handshake;
mod openssl;
mod read;
mod refuse;
mod samples;
mod tamper;
mod verify;
