variable "n" {
  type = number
  validation {
    condition     = var.n > 2
    error_message = "The number must be above two."
  }
}

output "x" {
  value = var.n
}
