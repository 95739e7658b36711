variable "in" {
}

resource "terraform_data" "x" {
  input = var.in
}

output "in" {
  value = var.in
}

output "made" {
  value = terraform_data.x.output
}
