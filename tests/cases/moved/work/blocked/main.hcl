resource "terraform_data" "new" {
  input = 2
}

moved {
  from = terraform_data.named["x"]
  to   = terraform_data.new
}

removed {
  from = terraform_data.named

  lifecycle {
    destroy = false
  }
}

removed {
  from = module.b
}
