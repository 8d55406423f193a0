//! Which kubelet to describe: the configuration's word, else the host's facts, else the usual.

use quorate_engine::diag::Diagnostic;
use quorate_engine::resource::Refusal;
use quorate_engine::value::Value;

use crate::attrs;
use crate::host::files::is_staging;
use crate::kube::kubelet::{CgroupDriver, EtcdKubelet, Runtime, Tolerated};
use crate::kube::version::KubernetesVersion;

/// Where containerd listens unless told otherwise.
const CONTAINERD: &str = "unix:///run/containerd/containerd.sock";
/// What stands for kubelet's own support for Docker.
const DOCKERSHIM: &str = "dockershim";

/// The settings that facts can give, as attributes of the object.
pub(super) fn settled(config: &Value, proposed: &Value) -> Result<Value, Refusal> {
    let version =
        given(config, "kubernetes_version").or_else(|| fact(config, &["kubelet_version"]));
    let version = version.or_else(|| kept(proposed, "kubernetes_version"));
    let version = version.ok_or_else(|| no_kubelet(proposed))?;
    let driver = given(config, "cgroup_driver")
        .or_else(|| fact(config, &["container_runtime", "cgroup_driver"]))
        .or_else(|| kept_unread(config, proposed, "cgroup_driver"))
        .unwrap_or("systemd");
    let endpoint = given(config, "container_runtime_endpoint").map(str::to_owned);
    let endpoint = endpoint
        .or_else(|| fact(config, &["container_runtime", "socket"]).map(as_url))
        .or_else(|| kept_unread(config, proposed, "container_runtime_endpoint").map(str::to_owned))
        .unwrap_or_else(|| CONTAINERD.to_owned());
    Ok(attrs::with(
        proposed,
        [
            ("kubernetes_version", version.trim_start_matches('v').into()),
            ("cgroup_driver", driver.into()),
            ("container_runtime_endpoint", endpoint.into()),
        ],
    ))
}

/// The kubelet that settled attributes describe.
pub(super) fn kubelet(object: &Value) -> Result<EtcdKubelet, Refusal> {
    let text = |name| attrs::text(object, name).unwrap_or_default();
    let version: KubernetesVersion = text("kubernetes_version")
        .parse()
        .map_err(|error| invalid("kubernetes_version", &error))?;
    let runtime = match text("container_runtime_endpoint") {
        DOCKERSHIM => Runtime::Dockershim,
        endpoint => Runtime::Cri(endpoint.to_owned()),
    };
    let tolerated =
        [("tolerate_swap", Tolerated::Swap), ("tolerate_cgroup_v1", Tolerated::CgroupV1)];
    let tolerated = tolerated.into_iter().filter(|(name, _)| attrs::flag(object, name));
    Ok(EtcdKubelet {
        kubelet_path: text("kubelet_path").to_owned(),
        config_path: text("config_path").to_owned(),
        manifests_dir: text("manifests_dir").to_owned(),
        hostname_override: attrs::text(object, "hostname_override").map(str::to_owned),
        tolerated: tolerated.map(|(_, what)| what).collect(),
        ..EtcdKubelet::new(version, driver(text("cgroup_driver"))?, runtime)
    })
}

pub(super) fn invalid(attr: &'static str, error: &dyn std::error::Error) -> Refusal {
    let detail = format!("{}.", attrs::chain(error));
    Refusal::of(attr, Diagnostic::error("The value is not valid", detail))
}

fn driver(name: &str) -> Result<CgroupDriver, Refusal> {
    match name {
        "systemd" => Ok(CgroupDriver::Systemd),
        "cgroupfs" => Ok(CgroupDriver::Cgroupfs),
        other => {
            let detail = format!("`{other}` is neither `systemd` nor `cgroupfs`.");
            let diagnostic = Diagnostic::error("The value is not valid", detail);
            Err(Refusal::of("cgroup_driver", diagnostic))
        }
    }
}

fn given<'a>(config: &'a Value, name: &str) -> Option<&'a str> {
    attrs::text(config, name)
}

fn kept<'a>(proposed: &'a Value, name: &str) -> Option<&'a str> {
    attrs::text(proposed, name)
}

/// What the object has, where the host was not asked and its facts are not known.
fn kept_unread<'a>(config: &Value, proposed: &'a Value, name: &str) -> Option<&'a str> {
    let runtime = config.attr("host")?.attr("container_runtime")?;
    kept(proposed, name).filter(|_| runtime.is_unknown())
}

/// What is known of the host, where the configuration gives all of it.
fn fact<'a>(config: &'a Value, path: &[&str]) -> Option<&'a str> {
    let host = config.attr("host")?;
    path.iter().try_fold(host, |value, name| value.attr(name))?.as_str()
}

fn as_url(socket: &str) -> String {
    if socket.contains("://") { socket.to_owned() } else { format!("unix://{socket}") }
}

fn no_kubelet(proposed: &Value) -> Refusal {
    let help = match is_staging(proposed) {
        true => "Give `kubernetes_version`: a folder has no kubelet to ask.",
        false => "Install kubelet on the host, or give `kubernetes_version`.",
    };
    let detail = "The host does not say which kubelet it has.";
    let diagnostic = Diagnostic::error("The version of kubelet is not known", detail);
    Refusal::of("kubernetes_version", diagnostic.help(help))
}
