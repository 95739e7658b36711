variable "n" {
  type = number
}

variable "secret" {
  type      = string
  sensitive = true
}

resource "terraform_data" "a" {
  count = var.n
  input = "old${count.index}"
}

resource "terraform_data" "b" {
  input = sha256(var.secret)
}

output "first" {
  value = terraform_data.a[0].input
}

output "hidden" {
  value     = var.n
  sensitive = true
}
