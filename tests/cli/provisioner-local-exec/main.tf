resource "terraform_data" "a" {
  input = "v"
  provisioner "local-exec" {
    command     = "echo hello; printf 'x\\ty\\n\\n  z  \\n'; echo $FOO $BAR; echo err >&2; printf 'a\\rb\\r\\nend'"
    environment = { FOO = "foo", BAR = null }
  }
  provisioner "local-exec" {
    command     = "for i in a b; do echo \"$i ${self.input}\"; done; basename \"$PWD\""
    interpreter = ["/bin/bash", "-c"]
    working_dir = "/usr"
  }
  provisioner "local-exec" {
    command = "echo quiet"
    quiet   = true
  }
}
