variable "password" {
  type      = string
  sensitive = true
  default   = "hunter22"
}

variable "pin" {
  type      = number
  sensitive = true
  default   = 87654321
}

variable "nothing" {
  type      = string
  sensitive = true
  default   = null
}

resource "terraform_data" "a" {
  input = {
    password = var.password
    pin      = var.pin
    list     = [var.pin, "plain"]
    (nonsensitive(true) ? "open" : "shut") = "seen"
  }
}

# A provider repeats the secret where nobody marked it.
resource "local_sensitive_file" "f" {
  filename = "f"
  content  = "file of hunter22"
}

resource "random_password" "p" {
  length = 20
}

resource "terraform_data" "echo" {
  input = {
    text   = "the word is hunter22"
    number = 87654321
    small  = 42
  }

  lifecycle {
    postcondition {
      condition     = self.input.small == 42
      error_message = "It is not 42."
    }
  }
}

module "m" {
  source = "./m"
  key    = "key-of-module"
}

output "password" {
  value     = { whole = var.password, port = 8080 }
  sensitive = true
}

output "open" {
  value = 8080
}

output "nothing" {
  value     = var.nothing
  sensitive = true
}
