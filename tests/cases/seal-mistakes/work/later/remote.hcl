quorate {
  backend "s3" {
    bucket = "states"
    key    = "etcd"
  }
}

resource "terraform_data" "x" {
  input = nope.broken
}
