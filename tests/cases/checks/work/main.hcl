variable "size" {
  default = 2
}

resource "terraform_data" "cluster" {
  input = var.size
}

check "odd" {
  assert {
    condition     = terraform_data.cluster.output % 2 == 1
    error_message = "A cluster of ${terraform_data.cluster.output} tolerates no more failures than one of ${terraform_data.cluster.output - 1}."
  }
}

check "named" {
  assert {
    condition     = length(terraform_data.cluster.id) == 36
    error_message = "The name has another form."
  }
}
