output "text" {
  value = "plain"
}

output "number" {
  value = 5
}

output "list" {
  value = [1]
}
