output "endpoints" {
  value       = etcd_cluster.this.endpoints
  description = "The client URLs of all members."
}

output "cluster_id" {
  value       = etcd_cluster.this.cluster_id
  description = "The identity of the cluster; null where folders stand for hosts."
}

output "ca_certificate_pem" {
  value       = pki_ca.this.certificate_pem
  description = "The certificate of etcd's CA."
}

output "ca_file" {
  value       = local.ca_file
  description = "Where it lies on each host."
}

output "apiserver_etcd_client_cert_file" {
  value       = "${local.client_file}.crt"
  description = "Where the certificate for API servers lies on each host."
}

output "apiserver_etcd_client_key_file" {
  value       = "${local.client_file}.key"
  description = "Where its key lies on each host."
}

output "hosts" {
  value       = local.hosts
  description = "The hosts by member."
}

output "ca" {
  value       = pki_ca.this
  description = "The CA, to sign further certificates; its key is sealed."
}
