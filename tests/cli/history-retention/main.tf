variable "note" {
  default = ""
}
resource "terraform_data" "a" {
  input = var.note
}
