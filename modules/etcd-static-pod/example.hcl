module "etcd" {
  source             = "builtin:etcd-static-pod"
  kubernetes_version = "1.34"
  transport          = "directory"

  members = {
    infra0 = "10.0.0.6"
    infra1 = "10.0.0.7"
    infra2 = "10.0.0.8"
  }
}
