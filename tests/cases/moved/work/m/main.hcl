resource "terraform_data" "inner" {
  input = "in a module"
}
