locals {
  n = 1
}
resource "terraform_data" "a" {
  count = local.n - 2
}
