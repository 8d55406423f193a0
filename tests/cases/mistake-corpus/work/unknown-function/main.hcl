resource "terraform_data" "a" {
  input = uper("a")
}
