variable "secret" {
  default   = "hidden"
  sensitive = true
}

resource "terraform_data" "a" {
  input = { user = "me", password = var.secret }
}

output "secret" {
  value     = var.secret
  sensitive = true
}
