resource "terraform_data" "x" {
}
resource "terraform_data" "a" {
  connection {
    host = terraform_data.x.id
  }
  provisioner "chef" {
  }
  provisioner "local-exec" {
    when       = destroyed
    on_failure = whatever
    command    = "x"
    lifecycle {
    }
    connection {
      host = "a"
    }
    connection {
      host = "b"
    }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "x ${terraform_data.x.id} ${self.id}"
  }
}
removed {
  from = terraform_data.r
  provisioner "local-exec" {
    command = "x"
  }
}
