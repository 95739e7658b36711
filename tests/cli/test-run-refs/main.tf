variable "v" { default = 0 }
output "v" { value = var.v + 1 }
