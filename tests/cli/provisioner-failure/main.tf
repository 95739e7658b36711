variable "status" {
  default = 3
}
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "echo out; exit ${var.status}"
  }
  provisioner "local-exec" {
    command = "echo next"
  }
}
resource "terraform_data" "b" {
  input = terraform_data.a.id
}
