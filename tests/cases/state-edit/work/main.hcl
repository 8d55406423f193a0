resource "terraform_data" "a" {
  input = 1
}

resource "terraform_data" "b" {
  input = terraform_data.a.output

  lifecycle {
    replace_triggered_by = [terraform_data.a]
  }
}

resource "terraform_data" "many" {
  count = 2
}

module "m" {
  source = "./m"
}
