locals {
  name = 1
}
resource "terraform_data" "a" {
  input = local.nmae
}
