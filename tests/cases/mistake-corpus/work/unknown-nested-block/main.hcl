resource "terraform_data" "a" {
  setting {
  }
}
