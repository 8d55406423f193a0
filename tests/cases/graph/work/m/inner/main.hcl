variable "x" {}

resource "terraform_data" "d" {
  input = var.x
}

output "o" {
  value = terraform_data.d.id
}
