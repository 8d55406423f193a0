variable "many" {
  default = true
}

resource "terraform_data" "counted" {
  count = 3
}
