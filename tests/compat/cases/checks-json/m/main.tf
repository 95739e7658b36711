variable "n" {
  validation {
    condition = length(var.n) == 1
    error_message = "n"
  }
}
check "in" {
  assert {
    condition = var.n == "x"
    error_message = "is ${var.n}"
  }
}
output "o" {
  value = 1
  precondition {
    condition = var.n != ""
    error_message = "w too large"
  }
}
