resource "terraform_data" "a" {
  input = true ? [1] : { a = 1 }
}
