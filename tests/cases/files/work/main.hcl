variable "size" {
  type = number
}

variable "names" {
  type = list(string)
}

locals {
  greeting = "hello"
}

resource "terraform_data" "all" {
  input = var.size
}

output "greeting" {
  value = "${local.greeting}, ${join(" and ", var.names)}"
}
