resource "terraform_data" "a" {
  input = replace("a", "b")
}
