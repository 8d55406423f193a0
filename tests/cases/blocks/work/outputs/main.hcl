variable "shown" {
  default = "text"
}

output "gone" {
  value = var.shown
}

output "kept" {
  value = 1
}
