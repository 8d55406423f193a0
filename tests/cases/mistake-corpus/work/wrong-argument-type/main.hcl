resource "terraform_data" "a" {
  input = length(3)
}
