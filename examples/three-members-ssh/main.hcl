module "etcd" {
  source    = "builtin:etcd-static-pod"
  host_user = "root"
  members   = { infra0 = "10.0.0.6", infra1 = "10.0.0.7", infra2 = "10.0.0.8" }
}

output "endpoints" {
  value = module.etcd.endpoints
}
