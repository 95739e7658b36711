variable "fail" {
  type = number
}

resource "terraform_data" "value" {
  input = var.fail
}

resource "terraform_data" "breaks" {
  count      = var.fail
  depends_on = [terraform_data.value]

  provisioner "local-exec" {
    command = "exit 3"
  }
}
