variable "v" {}
variable "k" {}
resource "terraform_data" "in" {
  count = 1
  input = var.v
}
output "x" { value = terraform_data.in[0].id }
output "z" { value = var.k }
