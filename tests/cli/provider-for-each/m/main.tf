terraform {
  required_providers {
    local = {
      source = "hashicorp/local"
    }
  }
}

variable "name" {
}

resource "local_file" "y" {
  filename = "y-${var.name}"
  content  = var.name
}

module "n" {
  source = "./n"
  name   = var.name
}
