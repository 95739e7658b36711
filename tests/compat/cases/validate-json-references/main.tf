output "a" {
  value = var.nothing
}

output "b" {
  value = terraform_data.nothing.id
}

output "c" {
  value = local.nothing
}

output "d" {
  value = module.nothing.x
}
