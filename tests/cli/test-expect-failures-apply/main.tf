variable "n" {
  default = 1
  validation {
    condition     = var.n < 10
    error_message = "too big"
  }
}
resource "terraform_data" "a" {
  input = var.n
  lifecycle {
    postcondition {
      condition     = self.output != 3
      error_message = "not three"
    }
  }
}
check "c" {
  assert {
    condition     = terraform_data.a.output != 4
    error_message = "not four"
  }
}
