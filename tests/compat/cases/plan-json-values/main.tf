variable "secret" {
  default   = "hidden"
  sensitive = true
}

resource "terraform_data" "a" {
  for_each = { x = 1, y = [true, null, "t", 1.5] }
  input = {
    value  = each.value
    secret = var.secret
    set    = toset(["b", "a"])
    map    = tomap({ k = 1 })
    nested = { list = tolist(["p"]), text = "${each.key} %" }
  }
}

output "nested" {
  value = { for k, v in terraform_data.a : k => v.id }
}
