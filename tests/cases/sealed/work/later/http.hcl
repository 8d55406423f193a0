quorate {
  backend "http" {
  }
}
