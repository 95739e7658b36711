variable "text" {
  default = "one"
}

resource "terraform_data" "a" {
  input = var.text
}

resource "terraform_data" "b" {
  count            = 2
  input            = { id = terraform_data.a.id, n = count.index }
  triggers_replace = [var.text]
}

output "a" {
  value = terraform_data.a.output
}

output "ids" {
  value     = terraform_data.b[*].id
  sensitive = true
}
