module "m" {
  source = "./m"
  size = 1
}
output "o" {
  value = module.m.ouput
}
