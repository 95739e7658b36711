variable "text" {
  default = "one"
}

resource "local_file" "same" {
  filename = "${path.module}/same.txt"
  content  = var.text
}

resource "local_file" "moved" {
  filename = "${path.module}/moved.txt"
  content  = var.text
}

resource "local_file" "unconcerned" {
  filename = "${path.module}/unconcerned.txt"
  content  = "always"
}
