locals {
  a = [1 2]
  b = "${1 2}"
}

resource "terraform_data" {
}
