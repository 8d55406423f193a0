variable "size" {
  type    = number
  default = 3
}

variable "secret" {
  type      = string
  default   = "hush"
  sensitive = true
}

# What cannot be evaluated is a mistake; what does not hold is only said.
check "size" {
  assert {
    condition     = var.size
    error_message = "a number is no condition"
  }

  assert {
    condition     = var.size == 4
    error_message = null
  }

  assert {
    condition     = var.secret == "shout"
    error_message = "it is ${var.secret}"
  }
}
