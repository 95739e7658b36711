variable "unset" {
  default = null
}

variable "given" {
  type    = number
  default = 1
}

locals {
  sum    = var.given + 1
  object = { a = 1, b = ["x"] }
}

resource "terraform_data" "a" {
  input = { given = var.given }
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}

module "m" {
  source = "./m"
}
