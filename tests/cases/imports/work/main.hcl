variable "tags" {
  type    = map(string)
  default = { a = "id-a", b = "id-b" }
}

resource "terraform_data" "plain" {}

resource "terraform_data" "input" {
  input = "hello"
}

resource "terraform_data" "each" {
  for_each = var.tags
}

module "m" {
  source = "./m"
}

import {
  to = terraform_data.plain
  id = "one"
}

import {
  to = terraform_data.input
  id = "two"
}

import {
  for_each = var.tags
  to       = terraform_data.each[each.key]
  id       = each.value
}

import {
  to = module.m.terraform_data.inner
  id = "in the module"
}
