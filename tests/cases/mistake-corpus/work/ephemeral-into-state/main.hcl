variable "s" {
  ephemeral = true
}
resource "terraform_data" "a" {
  input = var.s
}
