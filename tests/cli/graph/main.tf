variable "r" {
  default = "x"
}
variable "unused" {
  default = 1
}
locals {
  l      = terraform_data.first.output
  unused = var.r
}
resource "terraform_data" "first" {
  input = var.r
}
resource "terraform_data" "second" {
  input = local.l
}
resource "terraform_data" "third" {
  count      = 2
  input      = terraform_data.second.output
  depends_on = [terraform_data.first, module.m]
}
resource "terraform_data" "gone" {
  input = terraform_data.second.output
}
data "terraform_remote_state" "x" {
  backend = "local"
  config = {
    path = "${path.module}/${terraform_data.first.output}.tfstate"
  }
  defaults = {}
}
resource "terraform_data" "fourth" {
  input = data.terraform_remote_state.x.outputs
}
module "m" {
  source   = "./m"
  in       = terraform_data.fourth.output
  for_each = toset(["a"])
}
module "n" {
  source     = "./m/deep"
  depends_on = [module.m]
}
output "o" {
  value = module.m["a"].o
}
check "c" {
  assert {
    condition     = terraform_data.fourth.output != null
    error_message = "x"
  }
}
