variable "v" {
  validation {
    condition     = length(var.v) > 0
    error_message = "empty"
  }
}
output "o" {
  value = var.v
  precondition {
    condition = length(var.v) > 0
    error_message = "no"
  }
}
check "in" {
  assert {
    condition = length(var.v) > 1000
    error_message = "in bad"
  }
}
