quorate {
  seal {
    identity = "ada.txt"
  }
}

output "password" {
  value     = "hunter2"
  sensitive = true
}
