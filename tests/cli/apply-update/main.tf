variable "text" {
  default = "one"
}

resource "terraform_data" "a" {
  input = var.text
}

resource "terraform_data" "b" {
  input = terraform_data.a.output
}
