variable "size" {}
resource "terraform_data" "a" {
  input = var.sizze
}
