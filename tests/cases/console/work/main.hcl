variable "size" {
  type = number
}

variable "token" {
  type      = string
  default   = "s3cr3t"
  sensitive = true
}

locals {
  names = [for n in range(var.size) : "infra${n}"]
}

resource "terraform_data" "one" {
  input = local.names
}

output "names" {
  value = local.names
}
