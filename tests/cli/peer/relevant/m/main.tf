variable "v" {}
variable "w" {}
variable "c" {}
locals { both = [var.v, var.c] }
resource "terraform_data" "in" {
  input = local.both
}
resource "terraform_data" "still" { input = var.w }
output "x" { value = var.v }
output "y" { value = terraform_data.still.output }
