variable "regions" {
  type    = map(string)
  default = { eu = "b", us = "a" }
}

variable "used" {
  type    = set(string)
  default = ["eu", "us"]
}

provider "local" {
  alias    = "by_region"
  for_each = var.regions
}

resource "local_file" "x" {
  for_each = var.used
  provider = local.by_region[each.key]
  filename = "x-${each.key}"
  content  = var.regions[each.key]
}

module "m" {
  source    = "./m"
  for_each  = var.used
  providers = { local = local.by_region[each.value] }
  name      = each.key
}
