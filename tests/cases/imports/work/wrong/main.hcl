resource "terraform_data" "a" {}

resource "terraform_data" "b" {
  for_each = toset(["x"])
}

import {
  to = terraform_data.a
  id = "one"
}

import {
  to = terraform_data.a
  id = "two"
}

import {
  to = terraform_data.b["y"]
  id = "three"
}

import {
  to = terraform_data.b["x"]
  id = ""
}
