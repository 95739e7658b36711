terraform {
  encryption {
    key_provider "pbkdf2" "phrase" {
      passphrase = "a phrase that is long enough"
    }
    method "aes_gcm" "phrase" {
      keys = key_provider.pbkdf2.phrase
    }
    state {
      method = method.aes_gcm.phrase
    }
  }
}

variable "secret" {
  type      = object({ word = string, n = number })
  sensitive = true
}

variable "token" {
  ephemeral = true
  default   = "passing"
}

variable "plain" {
  default = "open"
}

resource "terraform_data" "a" {
  input = "${var.plain} ${sha256(var.secret.word)}"
}
