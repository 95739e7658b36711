variable "key" {
  sensitive = true
}

resource "terraform_data" "m" {
  input = var.key
}
