resource "terraform_data" "a" {
  count = 1000000000
}
