variable "v" { default = "m" }
resource "terraform_data" "a" { input = var.v }
output "v" { value = terraform_data.a.output }
