//! Kubernetes versions, and the releases in which its behaviour changed.

use std::fmt;
use std::str::FromStr;

/// The oldest Kubernetes minor this crate knows the files of.
pub const OLDEST_MINOR: u32 = 20;
/// The newest Kubernetes minor this crate knows the files of.
pub const NEWEST_MINOR: u32 = 37;

/// A supported Kubernetes version, such as `1.20`, `v1.20.2` or `1.34.1`.
///
/// Without a patch it stands for the newest patch of its minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KubernetesVersion {
    minor: u32,
    patch: Option<u32>,
}

/// Why a text is not a usable Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// The text does not have the form of a version.
    #[error("`{0}` is not a Kubernetes version; write it like 1.34 or 1.34.1")]
    Malformed(String),
    /// The version is well formed, and outside the table.
    #[error("Kubernetes {0} is not supported; supported are 1.{OLDEST_MINOR} to 1.{NEWEST_MINOR}")]
    Unsupported(String),
}

impl KubernetesVersion {
    /// Names a release, or says that it is not one of the supported.
    pub fn new(minor: u32, patch: Option<u32>) -> Result<Self, VersionError> {
        let version = Self { minor, patch };
        if (OLDEST_MINOR..=NEWEST_MINOR).contains(&minor) {
            Ok(version)
        } else {
            Err(VersionError::Unsupported(version.to_string()))
        }
    }

    /// The second number, `34` of `1.34.1`.
    pub fn minor(self) -> u32 {
        self.minor
    }

    /// The third number, if one was given.
    pub fn patch(self) -> Option<u32> {
        self.patch
    }

    /// Says whether this release contains a change.
    pub fn has(self, change: &Since) -> bool {
        self.minor >= change.minor
            || change
                .backports
                .iter()
                .any(|&(minor, patch)| self.minor == minor && self.reaches_patch(patch))
    }

    /// Says whether this is the given patch of its minor, or a later one.
    pub(crate) fn reaches_patch(self, patch: u32) -> bool {
        self.patch.is_none_or(|own| own >= patch)
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)?;
        match self.patch {
            Some(patch) => write!(f, ".{patch}"),
            None => Ok(()),
        }
    }
}

impl FromStr for KubernetesVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let malformed = || VersionError::Malformed(text.to_owned());
        let numbers = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split('.')
            .map(number)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(malformed)?;
        match numbers[..] {
            [1, minor] => Self::new(minor, None),
            [1, minor, patch] => Self::new(minor, Some(patch)),
            [_, _] | [_, _, _] => Err(VersionError::Unsupported(text.to_owned())),
            _ => Err(malformed()),
        }
    }
}

/// Reads one number of a version: digits alone, without the sign that `u32::from_str` would take.
pub(crate) fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The releases that contain a change: a minor and all after it, and patches of earlier minors.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    minor: u32,
    backports: &'static [(u32, u32)],
}

impl Since {
    /// Names the first minor whose `.0` has the change.
    pub const fn minor(minor: u32) -> Self {
        Self { minor, backports: &[] }
    }

    /// Adds the first patches, as (minor, patch), of earlier minors that got it too.
    pub const fn backported(self, backports: &'static [(u32, u32)]) -> Self {
        Self { backports, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, minor, patch) in
            [("1.20", 20, None), ("v1.20.2", 20, Some(2)), ("1.34.1", 34, Some(1))]
        {
            let version: KubernetesVersion = text.parse().unwrap();
            assert_eq!((version.minor(), version.patch()), (minor, patch), "{text}");
            assert_eq!(version.to_string(), text.trim_start_matches('v'));
        }
    }

    #[test]
    fn says_why_it_refuses() {
        let refusal = |text: &str| text.parse::<KubernetesVersion>().unwrap_err().to_string();
        assert_eq!(
            refusal("1.19.3"),
            "Kubernetes 1.19.3 is not supported; supported are 1.20 to 1.37"
        );
        assert_eq!(refusal("2.0"), "Kubernetes 2.0 is not supported; supported are 1.20 to 1.37");
        for text in
            ["", "stable", "1", "1.x", "1.+20", "1.20.", "1.20.2.1", "vv1.20", "1.99999999999"]
        {
            assert!(refusal(text).contains("is not a Kubernetes version"), "{text}");
        }
    }

    #[test]
    fn a_change_reaches_back_only_to_its_backports() {
        let change = Since::minor(27).backported(&[(25, 12), (26, 7)]);
        for (text, has) in [
            ("1.24.99", false),
            ("1.25.11", false),
            ("1.25.12", true),
            ("1.26", true),
            ("1.26.6", false),
            ("1.27.0", true),
            ("1.37", true),
        ] {
            assert_eq!(text.parse::<KubernetesVersion>().unwrap().has(&change), has, "{text}");
        }
    }
}
