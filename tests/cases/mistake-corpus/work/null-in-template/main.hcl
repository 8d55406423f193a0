locals {
  n = null
}
resource "terraform_data" "a" {
  input = "a${local.n}"
}
