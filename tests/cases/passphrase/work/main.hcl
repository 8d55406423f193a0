quorate {
  seal {
    passphrase_file = "phrase.txt"
  }
}

output "password" {
  value     = "hunter2"
  sensitive = true
}
