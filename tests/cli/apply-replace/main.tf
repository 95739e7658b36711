variable "v" {
  default = 1
}

resource "terraform_data" "a" {
  input            = "fixed"
  triggers_replace = [var.v]
}
