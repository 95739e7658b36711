output "x" {
  value = [1, "two"]
}
