variable "length" {}

output "length" {
  value = var.length
}
