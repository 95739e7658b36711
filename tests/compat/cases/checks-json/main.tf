variable "v" {
  type = string
  default = "abc"
  validation {
    condition = length(var.v) > 2
    error_message = "too short"
  }
  validation {
    condition = var.v != "bad"
    error_message = "bad"
  }
}
variable "w" { default = 1 }
resource "terraform_data" "a" {
  count = 2
  input = var.v
  lifecycle {
    precondition {
      condition = var.w == 1
      error_message = "w must be 1"
    }
    postcondition {
      condition = self.id != ""
      error_message = "id empty"
    }
  }
}
resource "terraform_data" "z" {
  count = 0
  lifecycle {
    precondition {
      condition = var.w == 1
      error_message = "w must be 1"
    }
  }
}
module "m" {
  source = "./m"
  for_each = toset(["x","y"])
  n = each.key
}
output "o" {
  value = var.v
  precondition {
    condition = var.w < 5
    error_message = "w too large"
  }
}
check "c" {
  assert {
    condition = terraform_data.a[0].output == "zzz"
    error_message = "not zzz"
  }
  assert {
    condition = var.w > 1
    error_message = "w not > 1: ${var.w}"
  }
}
