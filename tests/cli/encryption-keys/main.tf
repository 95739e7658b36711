variable "note" {
  default = "PLAINTEXT-1"
}

resource "terraform_data" "a" {
  input = var.note
}

output "o" {
  value = terraform_data.a.output
}
