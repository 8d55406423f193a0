moved {
  from = terraform_data.old
  to   = terraform_data.new
}

resource "terraform_data" "new" {
  input = 1
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}

check "size" {
  assert {
    condition     = length(terraform_data.many) == 3
    error_message = "There must be three."
  }
}
