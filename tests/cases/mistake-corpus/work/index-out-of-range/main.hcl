locals {
  l = ["a", "b"]
}
resource "terraform_data" "a" {
  input = local.l[2]
}
