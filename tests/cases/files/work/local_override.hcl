locals {
  greeting = "good day"
}
