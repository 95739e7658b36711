variable "n" {
  default = 2
}

resource "terraform_data" "a" {
  count = var.n
  input = "number ${count.index}"
}

output "all" {
  value = terraform_data.a[*].output
}
