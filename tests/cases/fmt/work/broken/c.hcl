locals {
b=1
}
