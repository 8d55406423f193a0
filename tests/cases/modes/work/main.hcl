resource "terraform_data" "old" {
  input = 1
}

resource "terraform_data" "gone" {
  input = 1
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}
