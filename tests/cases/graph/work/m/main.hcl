variable "x" {}

module "inner" {
  source = "./inner"
  x      = var.x
}

output "o" {
  value = module.inner.o
}
