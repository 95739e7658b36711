variable "secret" {
  sensitive = true
  default   = "hunter2-hunter2"
}

resource "terraform_data" "a" {
  for_each = toset(["<b>&\"'"])
  input    = "```\n</details><script>alert(1)</script>"
}

resource "terraform_data" "b" {
  input = { marked = var.secret, echo = "is hunter2-hunter2" }
}

resource "terraform_data" "large" {
  input = join("", [for i in range(1000) : "0123456789012345678901234567890123456789012345678901234567890123456789"])
}

output "o" {
  value = "<i>"
}
