resource "terraform_data" "a" {
  input = 1
  lifecycle {
    precondition {
      condition     = 1 > length("ab")
      error_message = "Too long."
    }
  }
}
