quorate {
  seal {
    recipients = ["age1mistyped"]
  }
}
