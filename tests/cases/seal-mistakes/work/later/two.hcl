quorate {
  seal {
    recipients      = ["age1mistyped"]
    passphrase_file = "x"
  }
}
