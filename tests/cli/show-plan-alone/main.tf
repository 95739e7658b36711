variable "name" {
  sensitive = true
  default   = "a secret name"
}

provider "local" {}

resource "local_file" "a" {
  filename = "${path.module}/a.txt"
  content  = "one"
}

resource "terraform_data" "b" {
  input = nonsensitive(var.name)
}

data "local_file" "c" {
  filename = "${path.module}/main.tf"
}
