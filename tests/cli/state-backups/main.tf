terraform {
  backend "local" {
    path = "terraform.tfstate"
  }
}

resource "terraform_data" "a" {
}

resource "terraform_data" "b" {
  count = 3
}
