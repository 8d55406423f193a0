# Keys are known when the plan is made, values only once something was made.
resource "terraform_data" "first" {
  for_each = toset(["a", "b"])
}

resource "terraform_data" "second" {
  for_each = terraform_data.first
  input    = length(each.value.id)
}

module "third" {
  source   = "./m"
  for_each = { for key, made in terraform_data.second : key => made.id }
  length   = length(each.value)
}

output "lengths" {
  value = { for key, made in module.third : key => made.length }
}
