output "text" {
  value = "plain"
}
