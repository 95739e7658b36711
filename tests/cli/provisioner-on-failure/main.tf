resource "terraform_data" "a" {
  provisioner "local-exec" {
    command    = "echo before; exit 4"
    on_failure = continue
  }
  provisioner "local-exec" {
    command    = "echo after"
    on_failure = fail
  }
}
