variable "address" {
  type = string
}

output "address" {
  value = var.address
}
