variable "name" {
  type = string
}

resource "terraform_data" "a" {
  input = "hello ${var.name}"
}

output "text" {
  value = terraform_data.a.output
}
