# Three members of etcd, written into folders: nothing is needed but this file.
# `quorate apply` puts into hosts/infra0, hosts/infra1 and hosts/infra2 what would be on the hosts.

module "etcd" {
  source             = "builtin:etcd-static-pod"
  kubernetes_version = "1.34"
  transport          = "directory"
  root_dir           = "hosts"

  members = {
    infra0 = "10.0.0.6"
    infra1 = "10.0.0.7"
    infra2 = "10.0.0.8"
  }
}

output "endpoints" {
  value = module.etcd.endpoints
}
