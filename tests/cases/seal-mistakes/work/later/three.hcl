quorate {
  seal {
    recipients = "age1mistyped"
  }
  backend "http" {
    adress = "https://x"
  }
}
