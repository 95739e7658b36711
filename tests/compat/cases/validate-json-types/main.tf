variable "n" {
  type    = number
  default = "many"
}

resource "terraform_data" "a" {
  count = "x"
  input = upper([1])
}
