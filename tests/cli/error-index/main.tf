locals {
  list = ["a"]
}

output "x" {
  value = local.list[3]
}
