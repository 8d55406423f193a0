quorate {
  seal {
    passphrase = true
  }
}

output "x" {
  value = "y"
  sensitive = true
}
