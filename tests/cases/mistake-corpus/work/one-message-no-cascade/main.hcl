locals {
  a = 1 + []
  b = local.a + 1
}
resource "terraform_data" "a" {
  input = local.b.c
}
