output "x" {
  value = terraform_data.nothing.id
}
