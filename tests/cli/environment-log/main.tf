variable "x" {
  default   = 1
  sensitive = true
}
resource "terraform_data" "a" {
  input = var.x
}
