variable "secret" {
  default   = "hidden"
  sensitive = true
}

output "x" {
  value = var.secret
}
