variable "password" {
  sensitive = true
  default   = "correct horse\nbattery \"staple\""
}

variable "port" {
  sensitive = true
  default   = 54321
}

variable "host" {
  sensitive = true
  default   = "db.example.com"
}

resource "terraform_data" "user" {
  input = var.password # its output repeats it, and is not marked
}

resource "terraform_data" "echo" {
  input = {
    address = "tcp://0.0.0.0:54321"
    longer  = 543210
    number  = 54321
    coded   = base64encode("correct horse\nbattery \"staple\"")
    json    = jsonencode({ text = "correct horse\nbattery \"staple\"" })
    line    = "it was correct horse"
    host    = nonsensitive(var.host)
    plain   = "nothing to see"
    map     = { "correct horse" = 1 }
  }
  depends_on = [terraform_data.user]

  provisioner "local-exec" {
    command = "printf 'said %s\\n' 'correct horse'"
  }
}

resource "terraform_data" "fails" {
  input = "see 54321"
  lifecycle {
    postcondition {
      condition     = self.output == "correct horse"
      error_message = "Not ${self.output}, port 54321."
    }
  }
  depends_on = [terraform_data.echo]
}

output "echo" {
  value = "port 54321, host ${nonsensitive(var.host)}"
}
