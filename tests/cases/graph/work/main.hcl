resource "terraform_data" "a" {}

resource "terraform_data" "b" {
  input = terraform_data.a.id
}

module "m" {
  source = "./m"
  x      = terraform_data.b.id
}

resource "terraform_data" "c" {
  for_each = toset(["x", "y"])
  input    = [module.m.o, terraform_data.a.id]
}
