variable "v" {}
resource "terraform_data" "in" {
  input = var.v
}
output "out" {
  value = terraform_data.in.output
}
