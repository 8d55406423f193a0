quorate {
  seal {
    passphrase = true
  }
}

output "password" {
  value     = "hunter2"
  sensitive = true
}
