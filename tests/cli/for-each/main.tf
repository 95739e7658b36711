resource "terraform_data" "a" {
  for_each = { first = 1, second = [2, "x"] }
  input    = { key = each.key, value = each.value }
}

output "all" {
  value = { for k, v in terraform_data.a : k => v.output }
}
