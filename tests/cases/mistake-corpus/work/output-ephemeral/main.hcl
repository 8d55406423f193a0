variable "s" {
  ephemeral = true
}
output "o" {
  value = var.s
}
