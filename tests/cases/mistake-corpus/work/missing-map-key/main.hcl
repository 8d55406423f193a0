locals {
  m = { size = 1 }
}
resource "terraform_data" "a" {
  input = local.m["sise"]
}
