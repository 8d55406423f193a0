variable "name" { default = "one" }
variable "token" {
  default   = "hush"
  sensitive = true
}
resource "terraform_data" "a" {
  input = { name = var.name, t = var.token }
}
resource "terraform_data" "b" {
  for_each         = toset(["x", "y"])
  input            = "${terraform_data.a.id}-${each.key}"
  triggers_replace = [var.name]
  lifecycle {
    precondition {
      condition     = var.name != ""
      error_message = "empty"
    }
  }
}
module "m" {
  source = "./m"
  v      = terraform_data.a.output.name
}
output "o" { value = terraform_data.a.output.name }
output "id" { value = terraform_data.a.id }
output "t" {
  value     = var.token
  sensitive = true
}
check "c" {
  assert {
    condition     = length(terraform_data.a.id) > 0
    error_message = "no id"
  }
}
