variable "name" {
}

resource "local_file" "z" {
  count    = 1
  filename = "z-${var.name}"
  content  = var.name
}
