variable "list" {
  type = list(string)
}

variable "object" {
  type = object({ name = string, size = optional(number, 3), other = optional(string) })
}

variable "text" {
  type = string
}

output "list" {
  value = var.list
}

output "object" {
  value = var.object
}

output "text" {
  value = var.text
}
