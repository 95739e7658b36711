module "m" {
  source = "./m"
  in     = "q"
}
module "n" {
  source = "./m"
  count  = 2
  in     = "q${count.index}"
}
output "o" { value = module.m.o }
output "n" { value = module.n[*].o }
output "p" { value = module.m.p }
