quorate {
  seal {
    recipient  = ["age1x"]
    passphrase = "hunter2"
    recipients {
    }
  }
  seals {
  }
  required = 1
}
