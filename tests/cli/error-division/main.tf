output "x" {
  value = "a" * 2
}
