variable "input" {
  default = 1
}

resource "terraform_data" "a" {
  input = var.input
}

resource "terraform_data" "b" {
  input = terraform_data.a.output
}

resource "terraform_data" "c" {
  input = terraform_data.b.output
}

output "b" {
  value = terraform_data.b.output
}

output "c" {
  value = terraform_data.c.output
}
