variable "length" {
  default = 12
}

ephemeral "random_password" "now" {
  length = var.length
}

ephemeral "random_password" "later" {
  count  = 2
  length = terraform_data.length.output

  lifecycle {
    postcondition {
      condition     = length(self.result) == 20
      error_message = "Not twenty."
    }
  }
}

resource "terraform_data" "length" {
  input = 20
}

locals {
  both = "${ephemeral.random_password.now.result}${ephemeral.random_password.later[1].result}"
}

resource "terraform_data" "user" {
  input = "fixed"

  lifecycle {
    precondition {
      condition     = length(local.both) == var.length + 20
      error_message = "Length is wrong."
    }
  }
}

output "nothing" {
  value = nonsensitive(ephemeralasnull(local.both) == null)
}
