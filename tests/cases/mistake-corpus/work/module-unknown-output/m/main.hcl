variable "size" {
  type = number
  validation {
    condition     = var.size > 0
    error_message = "The size must be positive, not ${var.size}."
  }
}
output "output" {
  value = var.size
}
