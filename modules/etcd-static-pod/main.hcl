data "host" "member" {
  for_each = { for name, address in var.members : name => address if !contains(keys(var.hosts), name) }

  name      = each.key
  transport = var.transport
  address   = var.transport == "directory" ? null : each.value
  user      = var.host_user
  root      = var.transport == "directory" ? "${var.root_dir}/${each.key}" : null
}

locals {
  hosts       = merge(data.host.member, var.hosts)
  ca_file     = "${var.certificates_dir}/etcd/ca.crt"
  client_file = "${var.certificates_dir}/apiserver-etcd-client"
}

# Depends on nothing but the host: kubelet needs some seconds to start, while certificates are made.
resource "kubelet_dropin" "this" {
  for_each = { for name, address in var.members : name => address if var.manage_kubelet }

  host               = local.hosts[each.key]
  kubernetes_version = var.kubernetes_version
}

resource "pki_ca" "this" {
  common_name        = "etcd-ca"
  kubernetes_version = var.kubernetes_version
  algorithm          = var.key_algorithm
  certificate_pem    = var.ca_certificate_pem
  private_key_pem    = var.ca_private_key_pem
}

resource "host_file" "ca" {
  for_each = var.members

  host    = local.hosts[each.key]
  path    = local.ca_file
  content = pki_ca.this.certificate_pem
  mode    = "0644"
}

resource "pki_certificate" "server" {
  for_each = var.members

  host               = local.hosts[each.key]
  ca                 = pki_ca.this
  profile            = "server"
  name               = each.key
  address            = each.value
  kubernetes_version = var.kubernetes_version
  algorithm          = var.key_algorithm
  certificates_dir   = var.certificates_dir
}

resource "pki_certificate" "peer" {
  for_each = var.members

  host               = local.hosts[each.key]
  ca                 = pki_ca.this
  profile            = "peer"
  name               = each.key
  address            = each.value
  kubernetes_version = var.kubernetes_version
  algorithm          = var.key_algorithm
  certificates_dir   = var.certificates_dir
}

resource "pki_certificate" "healthcheck_client" {
  for_each = var.members

  host               = local.hosts[each.key]
  ca                 = pki_ca.this
  profile            = "healthcheck-client"
  kubernetes_version = var.kubernetes_version
  algorithm          = var.key_algorithm
  certificates_dir   = var.certificates_dir
}

resource "pki_certificate" "apiserver_etcd_client" {
  for_each = var.members

  host               = local.hosts[each.key]
  ca                 = pki_ca.this
  profile            = "apiserver-etcd-client"
  kubernetes_version = var.kubernetes_version
  algorithm          = var.key_algorithm
  certificates_dir   = var.certificates_dir
}

# Not read by anything here: it lets kubeadm itself see the member as it is.
resource "kubeadm_config" "member" {
  for_each = var.members

  host               = local.hosts[each.key]
  name               = each.key
  address            = each.value
  cluster            = var.members
  kubernetes_version = var.kubernetes_version
  image              = var.image
  certificates_dir   = var.certificates_dir
  data_dir           = var.data_dir
  extra_args         = var.extra_args
}

resource "etcd_static_pod" "member" {
  for_each = var.members

  host               = local.hosts[each.key]
  name               = each.key
  address            = each.value
  cluster            = var.members
  kubernetes_version = var.kubernetes_version
  image              = var.image
  certificates_dir   = var.certificates_dir
  data_dir           = var.data_dir
  extra_args         = var.extra_args

  depends_on = [
    host_file.ca,
    kubelet_dropin.this,
    pki_certificate.healthcheck_client,
    pki_certificate.peer,
    pki_certificate.server,
  ]
}

resource "etcd_cluster" "this" {
  members   = etcd_static_pod.member
  ca_file   = local.ca_file
  cert_file = "${var.certificates_dir}/etcd/healthcheck-client.crt"
  key_file  = "${var.certificates_dir}/etcd/healthcheck-client.key"
}
