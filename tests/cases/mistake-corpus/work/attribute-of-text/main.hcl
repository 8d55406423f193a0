locals {
  t = "x"
}
resource "terraform_data" "a" {
  input = local.t.name
}
