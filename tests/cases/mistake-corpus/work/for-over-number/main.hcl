resource "terraform_data" "a" {
  input = [for x in 3 : x]
}
