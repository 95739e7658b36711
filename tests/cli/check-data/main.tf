resource "terraform_data" "a" {
  input = "made"
}

check "file" {
  data "local_file" "f" {
    filename = "${path.module}/given.txt"
  }

  assert {
    condition     = data.local_file.f.content == "right\n"
    error_message = "given.txt holds ${data.local_file.f.content}"
  }
}
