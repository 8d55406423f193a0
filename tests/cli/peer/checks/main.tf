variable "v" {
  default = "x"
  validation {
    condition     = length(var.v) > 0
    error_message = "empty"
  }
}
variable "e" {
  default = "x"
  ephemeral = true
  validation {
    condition     = length(var.e) > 0
    error_message = "empty"
  }
}
resource "terraform_data" "pre" {
  count = 2
  input = var.v
  lifecycle {
    precondition {
      condition     = var.v != ""
      error_message = "empty"
    }
    postcondition {
      condition     = length(self.id) > 0
      error_message = "no id"
    }
  }
}
resource "terraform_data" "none" {
  count = 0
  lifecycle {
    precondition {
      condition     = var.v != ""
      error_message = "empty"
    }
  }
}
resource "terraform_data" "u" {
  lifecycle {
    precondition {
      condition     = length(terraform_data.pre[0].id) > 0
      error_message = "empty"
    }
  }
}
module "m" {
  source = "./m"
  for_each = toset(["a","b"])
  v = terraform_data.pre[0].id
}
output "o" {
  value = 1
  precondition {
    condition = var.v != ""
    error_message = "no"
  }
}
check "bad" {
  assert {
    condition = var.v == "y"
    error_message = "v is not y"
  }
  assert {
    condition = var.v == "z"
    error_message = "v is not z"
  }
}
check "later" {
  assert {
    condition = length(terraform_data.u.id) == 1
    error_message = "later bad"
  }
}
check "impossible" {
  assert {
    condition     = tonumber(var.v == "x" ? terraform_data.u.id : var.v) == 1
    error_message = "v is not 1"
  }
}
