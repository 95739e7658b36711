variable "v" {
  default = "1"
}
resource "terraform_data" "a" {
  count            = var.v == "3" ? 0 : 1
  triggers_replace = var.v
  provisioner "local-exec" {
    command = "echo create ${self.triggers_replace}"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo destroy ${count.index} ${self.triggers_replace}; test ${self.triggers_replace} != 2"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo second ${path.module}"
  }
}
