resource "terraform_data" "z" {
  input = "z"
}
resource "terraform_data" "a" {
  for_each = toset(["k"])
  provisioner "local-exec" {
    command = "echo ${each.key} ${terraform_data.z.output}"
  }
}
