//! One etcd member as kubeadm sees it: a few settings, and the command line they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::etcd_version::{EtcdRelease, EtcdVersion};
use super::version::{KubernetesVersion, Since};

/// The port that clients of etcd connect to.
pub const CLIENT_PORT: u16 = 2379;
/// The port that members connect to.
pub const PEER_PORT: u16 = 2380;
/// The port of metrics and health, plain HTTP on the loopback address by default.
pub const METRICS_PORT: u16 = 2381;
/// The folder kubeadm keeps etcd's data in by default.
pub const DATA_DIR: &str = "/var/lib/etcd";
/// The folder kubeadm keeps certificates in by default; etcd's are in `etcd` below it.
pub const CERTIFICATES_DIR: &str = "/etc/kubernetes/pki";

/// `--experimental-initial-corrupt-check` (PR 109074, picked after 1.22.9 and 1.23.6).
const CORRUPT_CHECK: Since = Since::minor(24).backported(&[(22, 10), (23, 7)]);
/// `--experimental-watch-progress-notify-interval` (PR 111383).
const WATCH_PROGRESS: Since = Since::minor(25);
/// The flags that etcd 3.6 gave the two above, if the image is that new (PR 132838).
const GRADUATED_FLAGS: Since = Since::minor(34);
/// The graduated flags for every image (PR 135701).
const ONLY_GRADUATED_FLAGS: Since = Since::minor(36);
/// `extraArgs` is a list, in which a flag may occur twice (v1beta4).
const ARGUMENT_LIST: Since = Since::minor(31);

/// An etcd member that kubeadm would set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdMember {
    /// The kubeadm to do as.
    pub version: KubernetesVersion,
    /// Name of the member, and of the node in certificates.
    pub name: String,
    /// The address that peers and clients reach this member at.
    pub advertise_address: IpAddr,
    /// Every member that the cluster starts with, this one included.
    pub initial_cluster: Vec<Peer>,
    /// `--initial-cluster-state`; kubeadm leaves it out for a first member.
    pub initial_cluster_state: Option<ClusterState>,
    /// Where clients are listened for.
    pub client_listeners: ClientListeners,
    /// `--listen-metrics-urls`; the probes ask the first. None is kubeadm's default, the loopback address.
    pub metrics_urls: Vec<String>,
    /// Absolute, without a slash at the end.
    pub data_dir: String,
    /// Absolute, without a slash at the end.
    pub certificates_dir: String,
    /// The image to run.
    pub image: EtcdImage,
    /// Further flags, or other values for any flag above.
    pub extra_args: Vec<Arg>,
    /// Environment of the container; from Kubernetes 1.31.
    pub extra_envs: Vec<EnvVar>,
    /// How long kubelet lets etcd take to start before it restarts it.
    pub startup_timeout: Duration,
}

/// A flag of etcd and its value, without the dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arg {
    /// Such as `quota-backend-bytes`.
    pub name: String,
    /// The value; an empty one is kept.
    pub value: String,
}

/// A variable of the container's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvVar {
    /// Such as `GOMAXPROCS`.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A member of the initial cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Name of that member.
    pub name: String,
    /// The URL that it announces to its peers.
    pub url: String,
}

/// An image reference in two parts, as kubeadm's configuration has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdImage {
    /// Everything before `/etcd:`.
    pub repository: String,
    /// Everything after it.
    pub tag: String,
}

/// Whether a member founds its cluster or joins one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterState {
    /// All members of `initial-cluster` start together.
    New,
    /// The member was added to a cluster that runs.
    Existing,
}

/// Where a member listens for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientListeners {
    /// On its advertised address alone, as in the external etcd guide.
    Advertised,
    /// On the loopback address as well, kubeadm's default.
    LoopbackAndAdvertised,
}

impl EtcdMember {
    /// Makes the member that kubeadm makes without any configuration: alone, with the release's image.
    pub fn new(version: KubernetesVersion, name: &str, advertise_address: IpAddr) -> Self {
        Self {
            version,
            name: name.to_owned(),
            advertise_address,
            initial_cluster: vec![Peer::at(name, advertise_address)],
            initial_cluster_state: None,
            client_listeners: ClientListeners::LoopbackAndAdvertised,
            metrics_urls: Vec::new(),
            data_dir: DATA_DIR.to_owned(),
            certificates_dir: CERTIFICATES_DIR.to_owned(),
            image: EtcdImage::default_of(version),
            extra_args: Vec::new(),
            extra_envs: Vec::new(),
            startup_timeout: Duration::from_secs(240),
        }
    }

    /// Makes a founding member of the external etcd guide's cluster.
    pub fn founding(version: KubernetesVersion, name: &str, address: IpAddr, all: &[Peer]) -> Self {
        Self {
            initial_cluster: all.to_vec(),
            initial_cluster_state: Some(ClusterState::New),
            client_listeners: ClientListeners::Advertised,
            ..Self::new(version, name, address)
        }
    }

    /// The URL that clients find this member at.
    pub fn client_url(&self) -> String {
        https(self.advertise_address, CLIENT_PORT)
    }

    /// The URL that peers find this member at.
    pub fn peer_url(&self) -> String {
        https(self.advertise_address, PEER_PORT)
    }

    /// The loopback address of the advertised address' family.
    pub fn loopback(&self) -> IpAddr {
        match self.advertise_address {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        }
    }

    /// Every flag of the member, merged and sorted as this kubeadm does.
    ///
    /// kubeadm: cmd/kubeadm/app/phases/etcd/local.go and cmd/kubeadm/app/util/arguments.go.
    pub fn flags(&self) -> Vec<Arg> {
        let mut flags = self.overrides();
        let overridden = names(&flags);
        flags.extend(self.defaults().into_iter().filter(|arg| !overridden.contains(&arg.name)));
        flags.sort();
        flags
    }

    /// The flags to state in kubeadm's `extraArgs`, in the guide's order and with the user's at the end.
    pub fn overrides(&self) -> Vec<Arg> {
        let extra = self.effective_extra_args();
        let named = names(&extra);
        let mut args = self.stated();
        args.retain(|arg| !named.contains(&arg.name));
        args.extend(extra);
        args
    }

    /// The user's flags; where `extraArgs` is a map, the last of a name is the one there is.
    fn effective_extra_args(&self) -> Vec<Arg> {
        if self.version.has(&ARGUMENT_LIST) {
            return self.extra_args.clone();
        }
        let last: BTreeMap<&str, &Arg> =
            self.extra_args.iter().map(|arg| (arg.name.as_str(), arg)).collect();
        last.into_values().cloned().collect()
    }

    fn stated(&self) -> Vec<Arg> {
        let cluster =
            self.initial_cluster.iter().map(Peer::to_string).collect::<Vec<_>>().join(",");
        let mut args = vec![Arg::new("initial-cluster", cluster)];
        if let Some(state) = self.initial_cluster_state {
            args.push(Arg::new("initial-cluster-state", state.to_string()));
        }
        args.push(Arg::new("name", self.name.clone()));
        args.push(Arg::new("listen-peer-urls", self.peer_url()));
        if self.client_listeners == ClientListeners::Advertised {
            args.push(Arg::new("listen-client-urls", self.client_url()));
        }
        args.push(Arg::new("advertise-client-urls", self.client_url()));
        args.push(Arg::new("initial-advertise-peer-urls", self.peer_url()));
        if !self.metrics_urls.is_empty() {
            args.push(Arg::new("listen-metrics-urls", self.metrics_urls.join(",")));
        }
        args
    }

    /// What kubeadm passes when told nothing, apart from what [`Self::stated`] always states.
    fn defaults(&self) -> Vec<Arg> {
        let loopback = self.loopback();
        let listen = format!("{},{}", https(loopback, CLIENT_PORT), self.client_url());
        let metrics = format!("http://{}", SocketAddr::new(loopback, METRICS_PORT));
        let certificate = |file: &str| format!("{}/etcd/{file}", self.certificates_dir);
        let mut args = vec![
            Arg::new("listen-client-urls", listen),
            Arg::new("listen-metrics-urls", metrics),
            Arg::new("data-dir", self.data_dir.clone()),
            Arg::new("cert-file", certificate("server.crt")),
            Arg::new("key-file", certificate("server.key")),
            Arg::new("trusted-ca-file", certificate("ca.crt")),
            Arg::new("client-cert-auth", "true"),
            Arg::new("peer-cert-file", certificate("peer.crt")),
            Arg::new("peer-key-file", certificate("peer.key")),
            Arg::new("peer-trusted-ca-file", certificate("ca.crt")),
            Arg::new("peer-client-cert-auth", "true"),
            Arg::new("snapshot-count", "10000"),
        ];
        args.extend(self.safety_flags());
        args
    }

    fn safety_flags(&self) -> Vec<Arg> {
        if self.takes_graduated_flags() {
            return vec![
                Arg::new("feature-gates", "InitialCorruptCheck=true"),
                Arg::new("watch-progress-notify-interval", "5s"),
            ];
        }
        let mut args = Vec::new();
        if self.version.has(&CORRUPT_CHECK) {
            args.push(Arg::new("experimental-initial-corrupt-check", "true"));
        }
        if self.version.has(&WATCH_PROGRESS) {
            args.push(Arg::new("experimental-watch-progress-notify-interval", "5s"));
        }
        args
    }

    fn takes_graduated_flags(&self) -> bool {
        let image: Option<EtcdVersion> = self.image.tag.parse().ok();
        let new_image = || image.is_some_and(|etcd| etcd.at_least(EtcdRelease::v3(6, 0)));
        self.version.has(&ONLY_GRADUATED_FLAGS)
            || (self.version.has(&GRADUATED_FLAGS) && new_image())
    }
}

impl Arg {
    /// Makes an argument; dashes are not part of the name.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Peer {
    /// Makes the peer that has its default peer URL at an address.
    pub fn at(name: &str, address: IpAddr) -> Self {
        Self { name: name.to_owned(), url: https(address, PEER_PORT) }
    }
}

impl EtcdImage {
    /// The image that kubeadm of this version deploys.
    pub fn default_of(version: KubernetesVersion) -> Self {
        Self {
            repository: version.default_image_repository().to_owned(),
            tag: version.default_etcd_tag().to_owned(),
        }
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}={}", self.name, self.value)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.url)
    }
}

impl fmt::Display for EtcdImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/etcd:{}", self.repository, self.tag)
    }
}

impl fmt::Display for ClusterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Existing => "existing",
        })
    }
}

fn names(args: &[Arg]) -> BTreeSet<String> {
    args.iter().map(|arg| arg.name.clone()).collect()
}

fn https(address: IpAddr, port: u16) -> String {
    format!("https://{}", SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(version: &str) -> EtcdMember {
        EtcdMember::new(version.parse().unwrap(), "infra0", "10.0.0.6".parse().unwrap())
    }

    fn values<'a>(flags: &'a [Arg], name: &str) -> Vec<&'a str> {
        flags.iter().filter(|arg| arg.name == name).map(|arg| arg.value.as_str()).collect()
    }

    #[test]
    fn flags_by_release_and_image() {
        let old =
            ["experimental-initial-corrupt-check", "experimental-watch-progress-notify-interval"];
        let new = ["feature-gates", "watch-progress-notify-interval"];
        for (version, tag, expected) in [
            ("1.22.9", "3.5.0-0", &[][..]),
            ("1.22.10", "3.5.0-0", &old[..1]),
            ("1.24.0", "3.5.3-0", &old[..1]),
            ("1.25.0", "3.5.4-0", &old[..]),
            ("1.34.1", "3.5.24-0", &old[..]),
            ("1.34.1", "3.6.0-0", &old[..]),
            ("1.34.1", "latest", &old[..]),
            ("1.34.1", "3.6.4-0", &new[..]),
            ("1.36.0", "3.5.24-0", &new[..]),
        ] {
            let mut member = member(version);
            member.image.tag = tag.to_owned();
            let named: Vec<String> =
                member.safety_flags().into_iter().map(|arg| arg.name).collect();
            assert_eq!(named, expected, "{version} {tag}");
        }
    }

    #[test]
    fn the_last_of_a_name_wins_in_a_map_and_all_stay_in_a_list() {
        let twice = vec![Arg::new("quota", "2"), Arg::new("quota", "1")];
        for (version, expected) in [("1.30", vec!["1"]), ("1.31", vec!["1", "2"])] {
            let member = EtcdMember { extra_args: twice.clone(), ..member(version) };
            assert_eq!(values(&member.flags(), "quota"), expected, "{version}");
        }
    }

    #[test]
    fn the_user_overrides_every_flag() {
        let extra_args = vec![Arg::new("name", "other"), Arg::new("cert-file", "")];
        let flags = EtcdMember { extra_args, ..member("1.34") }.flags();
        assert_eq!(values(&flags, "name"), ["other"]);
        assert_eq!(values(&flags, "cert-file"), [""]);
    }

    #[test]
    fn an_ipv6_member_listens_on_ipv6() {
        let member =
            EtcdMember::new("1.20.2".parse().unwrap(), "infra0", "fd00::6".parse().unwrap());
        let flags = member.flags();
        let listen = "https://[::1]:2379,https://[fd00::6]:2379";
        assert_eq!(values(&flags, "listen-client-urls"), [listen]);
        assert_eq!(values(&flags, "listen-metrics-urls"), ["http://[::1]:2381"]);
        assert_eq!(values(&flags, "initial-cluster"), ["infra0=https://[fd00::6]:2380"]);
    }
}
