resource "terraform_data" "a" {
  input = terraform_data.b[0].output
}
resource "terraform_data" "b" {
  count = 2
  input = local.c
}
locals {
  c = 1
}
