locals {
  names = ["a"]
}

output "x" {
  value = local.name
}
