variable "v" { default = "one" }
locals {
  l = { x = terraform_data.base.output, y = terraform_data.other.id }
}
resource "terraform_data" "base" { input = "b" }
resource "terraform_data" "other" { input = "o" }
resource "terraform_data" "chain1" { input = terraform_data.base.id }
resource "terraform_data" "chain2" { input = "${terraform_data.chain1.id}-${var.v}" }
resource "terraform_data" "counted" {
  count = length(terraform_data.other.input)
  input = var.v
}
resource "terraform_data" "each" {
  for_each = toset([terraform_data.base.input])
  input    = "${each.key}${var.v}"
  lifecycle {
    precondition {
      condition     = terraform_data.chain1.input != ""
      error_message = "x"
    }
    replace_triggered_by = [terraform_data.other.output]
  }
  depends_on = [terraform_data.chain2]
}
resource "terraform_data" "vialocal" { input = "${local.l.x}${var.v}" }
resource "terraform_data" "index" {
  input            = "${terraform_data.counted[0].input}${var.v}"
  triggers_replace = terraform_data.each["b"].id
}
module "m" {
  source = "./m"
  v      = terraform_data.base.output
  w      = terraform_data.other.output
  c      = var.v
}
output "o" { value = "${module.m.x}${var.v}" }
output "same" { value = terraform_data.chain1.output }
module "n" {
  source   = "./n"
  for_each = toset(["a", "b"])
  v        = terraform_data.base.id
  k        = each.key
}
output "all" { value = "${join("", [for k, m in module.n : m.x])}${var.v}" }
output "one" { value = "${module.n["a"].x}${var.v}" }
resource "terraform_data" "idx" {
  count = length(terraform_data.each)
  input = "${count.index}${var.v}"
}
resource "terraform_data" "u" {
  input = terraform_data.other.output
}
