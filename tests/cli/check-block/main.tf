resource "terraform_data" "a" {
  input = "one"
}

check "size" {
  assert {
    condition     = length(terraform_data.a.output) > 5
    error_message = "Too short."
  }
}
