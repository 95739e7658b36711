resource "terraform_data" "a" {
  input = "one"
  lifecycle {
    postcondition {
      condition     = self.output == "two"
      error_message = "Not two, but ${self.output}."
    }
  }
}

resource "terraform_data" "b" {
  input = terraform_data.a.output
}
