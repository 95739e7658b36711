resource "terraform_data" "a" {
  inner {
  }
}
