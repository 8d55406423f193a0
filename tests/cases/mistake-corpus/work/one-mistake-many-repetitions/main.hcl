# What hangs on the mistake cannot be counted, and that is no further mistake.
locals {
  names   = ["infra0", "infra1"]
  by_name = { for name in local.names : name => local.addresses[name] }

  addresses = { infra0 = "10.0.0.6" }
}

module "member" {
  source   = "./member"
  for_each = local.by_name
  address  = each.value
}

resource "terraform_data" "for_each" {
  for_each = module.member
  input    = each.value.address
}

resource "terraform_data" "count" {
  count = length(terraform_data.for_each)
}

import {
  for_each = local.by_name
  to       = terraform_data.imported[each.key]
  id       = each.value
}

resource "terraform_data" "imported" {
  for_each = local.by_name
}

import {
  to = terraform_data.single
  id = local.by_name["infra0"]
}

resource "terraform_data" "single" {}

output "all" {
  value = [for member in module.member : member.address]
}
