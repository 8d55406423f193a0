data "hots" "a" {}
