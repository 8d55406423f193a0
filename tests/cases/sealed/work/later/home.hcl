variable "password" {
  sensitive = true
  default   = "hunter2"
}

resource "pki_ca" "etcd" {}

resource "terraform_data" "a" {
  input = { password = var.password, copy = pki_ca.etcd.sealed_key }
}

output "password" {
  value     = var.password
  sensitive = true
}

output "whole" {
  value     = { port = 2379, password = var.password }
  sensitive = true
}
