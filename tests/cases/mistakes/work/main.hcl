variable "name" {
  type = string
}

resource "terraform_data" "a" {
  input = var.nmae
	count	= local.many
}

output "o" {
  value = terraform_data.b.output
}
