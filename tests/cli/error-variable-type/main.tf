variable "n" {
  type = number
}

output "x" {
  value = var.n
}
