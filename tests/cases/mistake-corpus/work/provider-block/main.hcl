provider "aws" {
  region = "x"
}
