variable "in" {}
variable "other" {
  default = 1
}
resource "terraform_data" "z" {
  input = var.in
}
resource "terraform_data" "y" {
  input = terraform_data.z.output
}
module "deep" {
  source = "./deep"
  v      = terraform_data.z.id
}
output "o" {
  value = terraform_data.y.output
}
