variable "a" { default = "d" }
variable "b" { default = "d" }
variable "c" { default = "d" }
output "all" { value = "${var.a} ${var.b} ${var.c}" }
