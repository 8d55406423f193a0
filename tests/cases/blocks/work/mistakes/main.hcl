resource "terraform_data" "a" {
  input {
    size = 1
  }
}
