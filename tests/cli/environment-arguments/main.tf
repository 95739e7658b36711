variable "x" {
  default = 1
}
output "x" {
  value = var.x
}
