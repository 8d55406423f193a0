resource "terraform_data" "new" {
  input = 2
}

moved {
  from = terraform_data.old
  to   = terraform_data.new
}

resource "terraform_data" "named" {
  for_each = toset(["x", "y"])
  input    = each.key == "x" ? 0 : 1
}

moved {
  from = terraform_data.many[0]
  to   = terraform_data.named["x"]
}

moved {
  from = terraform_data.many[1]
  to   = terraform_data.named["y"]
}

module "b" {
  source   = "./m"
  for_each = toset(["k"])
}

moved {
  from = module.a
  to   = module.b["k"]
}
