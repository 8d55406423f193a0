variable "v" {}
resource "terraform_data" "in" {
  count = 2
  input = [var.v, count.index]
}
output "x" { value = terraform_data.in[0].id }
