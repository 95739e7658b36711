resource "terraform_data" "a" {
  provisioner "file" {
    content     = "x"
    destination = "/tmp/x"
  }
}
resource "terraform_data" "b" {
  depends_on = [terraform_data.x]
  provisioner "remote-exec" {
    script = "missing"
    connection {
      host = "127.0.0.1"
    }
  }
}
resource "terraform_data" "x" {
}
