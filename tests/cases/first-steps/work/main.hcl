variable "name" {
  type    = string
  default = "a"
}

variable "size" {
  type    = number
  default = 3
}

resource "terraform_data" "a" {
  input = "${var.name}-${var.size}"
}
