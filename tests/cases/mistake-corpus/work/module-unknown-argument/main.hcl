module "m" {
  source = "./m"
  size = 1
  sise = 2
}
