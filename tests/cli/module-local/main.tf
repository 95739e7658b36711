module "m" {
  source = "./inner"
  name   = "x"
}

output "o" {
  value = module.m.text
}
