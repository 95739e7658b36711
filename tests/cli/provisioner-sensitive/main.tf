variable "s" {
  default   = "hunter2"
  sensitive = true
}
variable "e" {
  default   = "soon-gone"
  ephemeral = true
}
resource "terraform_data" "a" {
  provisioner "local-exec" {
    command     = "echo $S; echo two"
    environment = { S = var.s }
  }
  provisioner "local-exec" {
    command = "echo ${var.e}"
  }
  provisioner "local-exec" {
    command = "echo ${var.e} ${var.s}"
  }
}
