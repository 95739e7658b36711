variable "name" { default = "x" }
variable "secret" {
  default   = "s3cr3t"
  sensitive = true
}
locals { l = { a = [1, 2], b = "t" } }
resource "terraform_data" "a" { input = var.name }
resource "terraform_data" "c" {
  count = 2
  input = count.index
}
output "o" { value = terraform_data.a.output }
output "list" { value = ["a", "b"] }
output "s" {
  value     = var.secret
  sensitive = true
}
