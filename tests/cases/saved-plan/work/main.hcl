variable "release" {
  type    = string
  default = "one"
}

variable "token" {
  type      = string
  default   = "hush"
  sensitive = true
}

resource "terraform_data" "release" {
  input = var.release
}

resource "terraform_data" "bootstrap" {
  input            = [terraform_data.release.output, var.token]
  triggers_replace = [var.release]
}

output "release" {
  value = terraform_data.release.output
}
