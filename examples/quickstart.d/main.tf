# Names and ports for a few services, and one file for each.

terraform {
  required_providers {
    local  = { source = "hashicorp/local" }
    random = { source = "hashicorp/random" }
  }
}

variable "services" {
  description = "What to make up a configuration for."
  type        = list(string)
  default     = ["web", "worker", "mail"]
}

# A name that is chosen once and then kept in the state.
resource "random_pet" "deployment" {
  length = 2
}

# One port for each service. `for_each` makes an instance for every key.
resource "random_integer" "port" {
  for_each = toset(var.services)

  min = 20000
  max = 29999
}

resource "local_file" "unit" {
  for_each = random_integer.port

  filename = "${path.module}/out/${each.key}.conf"
  content  = <<-EOT
    deployment = ${random_pet.deployment.id}
    service    = ${each.key}
    port       = ${each.value.result}
  EOT
}

resource "terraform_data" "release" {
  input = {
    name     = random_pet.deployment.id
    services = length(var.services)
  }
}

output "deployment" {
  value = random_pet.deployment.id
}

output "ports" {
  value = { for name, port in random_integer.port : name => port.result }
}
