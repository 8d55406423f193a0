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
  input = {
    name  = var.release
    notes = "first line\nrelease ${var.release}\nlast line\n"
  }
}

resource "terraform_data" "bootstrap" {
  input            = terraform_data.release.output
  triggers_replace = [var.release]
}

output "release" {
  value = terraform_data.bootstrap.output.name
}

output "token" {
  value     = var.token
  sensitive = true
}
