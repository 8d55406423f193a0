variable "a" {
  type = set
}
