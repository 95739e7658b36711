variable "a" {
  default = true
}

output "x" {
  value = var.a ? "text" : [1]
}
