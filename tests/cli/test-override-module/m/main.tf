variable "in" {}
resource "terraform_data" "r" { input = var.in }
output "o" { value = terraform_data.r.output }
output "p" { value = "p" }
