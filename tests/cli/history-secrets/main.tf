variable "p" {
  default   = "by-default"
  sensitive = true
}

resource "terraform_data" "a" {
  input = var.p
}
