variable "on" {
  type    = bool
  default = true
}
resource "terraform_data" "a" {
  input = "x"
  lifecycle {
    enabled = var.on
  }
}
module "m" {
  source = "./m"
  lifecycle {
    enabled = var.on
  }
}
output "a" {
  value = try(terraform_data.a.output, "none")
}
output "m" {
  value = module.m == null ? "none" : "some"
}
output "whole" {
  value = terraform_data.a == null
}
