variable "name" { default = "one" }
variable "token" {
  default   = "hush"
  sensitive = true
}
resource "terraform_data" "a" {
  input = { name = var.name, t = var.token }
}
resource "terraform_data" "b" {
  for_each         = toset(["x"])
  input            = "${terraform_data.a.id}-${each.key}"
  triggers_replace = [var.name]
}
module "m" {
  source = "./m"
  v      = terraform_data.a.output.name
}
output "o" { value = terraform_data.a.output.name }
output "new" { value = length(terraform_data.b) }
