resource "terraform_data" "a" {
}

resource "terraform_data" "b" {
  input = { id = terraform_data.a.id, fixed = "x", list = [terraform_data.a.id, "y"] }
}

output "o" {
  value = "id is ${terraform_data.a.id}"
}
