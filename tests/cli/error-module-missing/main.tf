module "m" {
  source = "./nothing"
}
