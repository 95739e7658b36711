variable "unset" {
  type = string
}

variable "secret" {
  default   = "hidden"
  sensitive = true
}

variable "given" {
  type    = number
  default = 5
}

locals {
  made = terraform_data.one.output
}

resource "terraform_data" "one" {
  input = { k = var.given, text = "a\nb" }
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}

resource "terraform_data" "each" {
  for_each = toset(["a", "b"])
  input    = each.key
}

resource "terraform_data" "later" {
}

module "repeated" {
  source = "./module"
  count  = 2
  in     = count.index
}

module "single" {
  source = "./module"
  in     = ["x", 1]
}

output "made" {
  value = local.made
}
