resource "terraform_data" "x" {
  lifecycle {
    ignore_changes = [output]
  }
}
resource "terraform_data" "y" {
  lifecycle {
    ignore_changes = [output, id]
  }
}
resource "terraform_data" "z" {
  lifecycle {
    ignore_changes = [output]
  }
}
check "c" {
  assert {
    condition     = terraform_data.x.input == 1
    error_message = "c failed"
  }
}
check "d" {
  assert {
    condition     = terraform_data.x.input == 1
    error_message = "d failed"
  }
}
