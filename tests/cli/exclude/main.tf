variable "v" {
  default = 1
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  input = terraform_data.a.output
}
resource "terraform_data" "c" {
  for_each = toset(["x", "y"])
  input    = var.v
}
resource "terraform_data" "d" {
  input = local.c
}
locals {
  c = terraform_data.c["y"].output
}
module "m" {
  source = "./m"
  v      = var.v
}
resource "terraform_data" "free" {
  input = var.v
}
output "b" {
  value = terraform_data.b.output
}
output "free" {
  value = terraform_data.free.output
}
output "m" {
  value = module.m.out
}
