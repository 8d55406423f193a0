//! etcd versions as image tags carry them.

use std::fmt;
use std::str::FromStr;

use super::version::number;

/// An etcd version read from an image tag, such as `3.5.16-0`.
///
/// Ordered as kubeadm orders them: by semantic versioning, where `3.6.0-0` is a pre-release and sorts *below* `3.6.0`
/// (kubeadm: `version.ParseSemantic` of apimachinery).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdVersion {
    release: EtcdRelease,
    /// What follows the dash; the number of the image build in Kubernetes' own images.
    suffix: Option<String>,
}

/// The three numbers of an etcd release; what its flags and bugs depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EtcdRelease {
    /// `3` of `3.5.16`.
    pub major: u32,
    /// `5` of `3.5.16`.
    pub minor: u32,
    /// `16` of `3.5.16`.
    pub patch: u32,
}

/// The text is not an image tag with an etcd version in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not start with an etcd version such as 3.5.16")]
pub struct EtcdVersionError(pub String);

impl EtcdRelease {
    /// Names a release of etcd 3.
    pub const fn v3(minor: u32, patch: u32) -> Self {
        Self { major: 3, minor, patch }
    }
}

impl EtcdVersion {
    /// The release, without the number of the image build.
    pub fn release(&self) -> EtcdRelease {
        self.release
    }

    /// Says whether kubeadm takes this for at least `release`: `3.6.0-0` is not at least 3.6.0.
    pub fn at_least(&self, release: EtcdRelease) -> bool {
        self.release > release || (self.release == release && self.suffix.is_none())
    }
}

impl FromStr for EtcdVersion {
    type Err = EtcdVersionError;

    fn from_str(tag: &str) -> Result<Self, EtcdVersionError> {
        let text = tag.strip_prefix('v').unwrap_or(tag);
        let (numbers, suffix) = match text.split_once('-') {
            Some((numbers, suffix)) => (numbers, Some(suffix.to_owned())),
            None => (text, None),
        };
        let parts = numbers.split('.').map(number).collect::<Option<Vec<_>>>();
        match parts.as_deref() {
            Some(&[major, minor, patch]) if suffix.as_deref() != Some("") => {
                Ok(Self { release: EtcdRelease { major, minor, patch }, suffix })
            }
            _ => Err(EtcdVersionError(tag.to_owned())),
        }
    }
}

impl fmt::Display for EtcdVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.release)?;
        match &self.suffix {
            Some(suffix) => write!(f, "-{suffix}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for EtcdRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> EtcdVersion {
        text.parse().unwrap()
    }

    #[test]
    fn reads_image_tags() {
        assert_eq!(tag("3.5.16-0").release(), EtcdRelease::v3(5, 16));
        assert_eq!(tag("v3.4.13").release(), EtcdRelease::v3(4, 13));
        assert_eq!(tag("3.6.0-rc.1").to_string(), "3.6.0-rc.1");
        for text in ["", "latest", "3.5", "3.5.16-", "3.5.x", "sha256:aa"] {
            assert!(text.parse::<EtcdVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_build_number_sorts_as_a_pre_release() {
        let first_3_6 = EtcdRelease::v3(6, 0);
        for (text, reached) in [
            ("3.5.24-0", false),
            ("3.6.0-0", false),
            ("3.6.0", true),
            ("3.6.1-0", true),
            ("3.6.5-0", true),
            ("3.7.0-0", true),
        ] {
            assert_eq!(tag(text).at_least(first_3_6), reached, "{text}");
        }
    }
}
