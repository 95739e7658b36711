resource "terraform_data" "a" {
  input = 1

  provisioner "local-exec" {
    command = "touch started; [ -e go ] || sleep 5"
  }
}
