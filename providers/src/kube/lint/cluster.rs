//! Names, addresses and numbers of members.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::Finding;

/// Checks the names of all members of a cluster.
///
/// kubeadm takes a member's name for a node name, and so wants a lower-case RFC 1123 subdomain; etcd calls a member
/// `default` that was given no name, and copies of such a member find each other's name taken.
pub fn member_names(names: &[&str]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        if !is_subdomain(name) {
            let detail = format!("`{name}` is not a lower-case RFC 1123 subdomain.");
            found.push(
                Finding::error("The name of a member is not valid", detail)
                    .help("Use lower-case letters, digits, `-` and `.`, as in a host's name."),
            );
        } else if *name == "default" {
            let detail = "`default` is the name that etcd gives to members without one.".to_owned();
            found.push(Finding::error("The name of a member is not valid", detail));
        }
        if !seen.insert(*name) {
            let detail = format!("More than one member is called `{name}`.");
            found.push(Finding::error("Two members have the same name", detail));
        }
    }
    found
}

/// Checks the addresses of all members of a cluster, given as (name, address).
pub fn addresses(members: &[(&str, &str)]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<IpAddr, &str> = BTreeMap::new();
    for (name, text) in members {
        let Ok(address) = text.parse::<IpAddr>() else {
            let detail = format!("`{text}`, the address of {name}, is not an IP address.");
            found.push(
                Finding::error("The address of a member is not an IP address", detail).help(
                    "etcd listens on IP addresses only; names can be added to the certificates.",
                ),
            );
            continue;
        };
        if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
            let detail = format!("Other members cannot reach {name} at {address}.");
            found.push(Finding::error("The address of a member is of no use to others", detail));
        }
        if let Some(other) = owners.insert(address, name) {
            let detail = format!("{other} and {name} are both at {address}.");
            found.push(Finding::error("Two members have the same address", detail));
        }
    }
    found
}

/// Checks a value of `--initial-cluster`: `name=https://ip:2380`, separated by commas.
pub fn initial_cluster(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let (mut names, mut urls) = (BTreeSet::new(), BTreeSet::new());
    for entry in text.split(',') {
        let Some((name, url)) = entry.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            found.push(malformed(entry, "it has no `name=`"));
            continue;
        };
        if let Some(problem) = peer_url_problem(url) {
            found.push(malformed(entry, problem));
        }
        if !names.insert(name) || !urls.insert(url) {
            let detail = format!("`{entry}` repeats a name or a URL of another entry.");
            found.push(Finding::error("The initial cluster names a member twice", detail));
        }
    }
    found
}

fn malformed(entry: &str, problem: &str) -> Finding {
    let detail = format!("`{entry}` is not of the form `name=https://ip:2380`: {problem}.");
    Finding::error("The initial cluster is malformed", detail)
}

fn peer_url_problem(url: &str) -> Option<&'static str> {
    match url.split_once("://") {
        None => Some("the URL has no scheme"),
        Some(("https", authority)) => (authority.parse::<SocketAddr>().is_err())
            .then_some("after the scheme there is not just an IP address and a port"),
        Some(("http", _)) => Some("peers would talk without TLS"),
        Some(_) => Some("the scheme is not https"),
    }
}

/// Checks the number of voting members.
pub fn member_count(members: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    if members == 0 {
        found.push(Finding::error("The cluster has no members", "There is none.".to_owned()));
    } else if members.is_multiple_of(2) {
        let survives = (members - 1) / 2;
        let detail = format!(
            "{members} members survive the loss of {survives}, no more than {} would.",
            members - 1
        );
        found.push(
            Finding::warning("The number of members is even", detail)
                .help("Use an odd number: 3 survive the loss of 1, 5 the loss of 2."),
        );
    }
    if members > 7 {
        let detail = format!("Each write waits for a majority of {members} members.");
        found.push(
            Finding::warning("The cluster has more than seven members", detail)
                .help("Use 3, 5 or 7 members."),
        );
    }
    found
}

/// Checks the names of a member's server or peer certificate against the address it announces.
pub fn sans(advertise_address: IpAddr, sans: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    if !sans.iter().any(|san| san.parse() == Ok(advertise_address)) {
        let detail = format!("{advertise_address} is not among [{}].", sans.join(", "));
        found.push(
            Finding::error("The certificate does not name the member's address", detail)
                .help("Add the address; peers refuse connections from addresses it does not name."),
        );
    }
    found.extend(sans.iter().filter_map(|san| san_problem(san)));
    found
}

fn san_problem(san: &str) -> Option<Finding> {
    if san.parse::<IpAddr>().is_ok() {
        return None;
    }
    if looks_like_ipv4(san) {
        let detail = format!("`{san}` is not an IP address, and would become a DNS name.");
        return Some(Finding::error("A name of the certificate is not valid", detail));
    }
    let name = san.strip_prefix("*.").unwrap_or(san);
    (!is_subdomain(&name.to_ascii_lowercase())).then(|| {
        let detail = format!("`{san}` is neither an IP address nor a DNS name.");
        Finding::error("A name of the certificate is not valid", detail)
    })
}

/// kubeadm takes `10.0.0.300` for a name, and nobody means it so.
fn looks_like_ipv4(text: &str) -> bool {
    text.split('.').count() == 4 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_subdomain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.detail).collect()
    }

    #[test]
    fn names() {
        assert_eq!(member_names(&["infra0", "etcd-1.example.org", "3"]), []);
        for bad in ["", "Infra_0", "infra 0", "-a", "a-", "a..b", "default", "ä"] {
            assert_eq!(member_names(&[bad]).len(), 1, "{bad}");
        }
        assert_eq!(
            details(member_names(&["infra0", "infra0"])),
            ["More than one member is called `infra0`."]
        );
    }

    #[test]
    fn where_members_are() {
        assert_eq!(addresses(&[("a", "10.0.0.6"), ("b", "fd00::6")]), []);
        assert_eq!(
            details(addresses(&[("a", "10.0.0.6"), ("b", "10.0.0.6"), ("c", "etcd-c")])),
            ["a and b are both at 10.0.0.6.", "`etcd-c`, the address of c, is not an IP address."]
        );
        for useless in ["127.0.0.1", "::1", "0.0.0.0", "::"] {
            assert_eq!(addresses(&[("a", useless)]).len(), 1, "{useless}");
        }
        // The same address in two spellings.
        assert_eq!(addresses(&[("a", "fd00::6"), ("b", "fd00:0::6")]).len(), 1);
    }

    #[test]
    fn initial_clusters() {
        assert_eq!(initial_cluster("a=https://10.0.0.6:2380,b=https://[fd00::6]:2380"), []);
        for bad in [
            "",
            "icc-etcd-1=IP",
            "https://10.0.0.6:2380",
            "=https://10.0.0.6:2380",
            "a=10.0.0.6:2380",
            "a=http://10.0.0.6:2380",
            "a=https://10.0.0.6",
            "a=https://etcd-a:2380",
            "a=https://10.0.0.6:2380/",
            "a=https://10.0.0.6:2380,a=https://10.0.0.7:2380",
            "a=https://10.0.0.6:2380,b=https://10.0.0.6:2380",
            "a=https://10.0.0.6:2380,",
        ] {
            assert_eq!(initial_cluster(bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn counts() {
        for (members, findings) in
            [(0, 1), (1, 0), (2, 1), (3, 0), (4, 1), (5, 0), (7, 0), (8, 2), (9, 1)]
        {
            assert_eq!(member_count(members).len(), findings, "{members}");
        }
        assert_eq!(
            member_count(4)[0].detail,
            "4 members survive the loss of 1, no more than 3 would."
        );
    }

    #[test]
    fn certificate_names() {
        let address = "10.0.0.6".parse().unwrap();
        let check = |names: &[&str]| {
            details(sans(address, &names.iter().map(ToString::to_string).collect::<Vec<_>>()))
        };
        assert_eq!(check(&["infra0", "10.0.0.6", "*.etcd.example.org", "fd00::6"]), [""; 0]);
        assert_eq!(check(&["infra0"]), ["10.0.0.6 is not among [infra0]."]);
        assert_eq!(
            check(&["10.0.0.6", "10.0.0.300", "bad_host name"]),
            [
                "`10.0.0.300` is not an IP address, and would become a DNS name.",
                "`bad_host name` is neither an IP address nor a DNS name."
            ]
        );
    }
}
