variable "n" {}
variable "s" {
  sensitive = true
  default   = "s"
}
resource "terraform_data" "in" {
  for_each = var.n
  input    = {k = each.key, v = each.value, s = var.s}
}
output "all" {
  value = [for k, v in terraform_data.in : v.output.k]
}
