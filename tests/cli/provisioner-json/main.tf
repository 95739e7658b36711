resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "echo '<&>'; printf 'x\\ry\\n\\n\\033[1mbold\\033[0m\\n'; exit 1"
  }
}
