locals {
  l = [1]
}
resource "terraform_data" "a" {
  input = "a${local.l}"
}
