variable "v" {
  default = 1
}
locals {
  w = var.v
}
resource "terraform_data" "deep" {
  input = local.w
}
resource "terraform_data" "alone" {
}
