variable "v" {
  default = "1"
}
resource "terraform_data" "a" {
  triggers_replace = var.v
  lifecycle {
    create_before_destroy = true
  }
  provisioner "local-exec" {
    command = "echo create ${self.triggers_replace}; test ${self.triggers_replace} != 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo destroy"
  }
}
