variable "passing" {
  ephemeral = true
}

variable "hidden" {
  sensitive = true
  default   = "marker-of-what-is-hidden"
}

locals {
  derived = "derived from ${var.passing}"
}

resource "terraform_data" "a" {
  input = var.hidden

  provisioner "local-exec" {
    command     = "test \"$GIVEN\" = \"derived from $(printf marker-of)-what-passes\""
    environment = { GIVEN = local.derived }
  }
}
