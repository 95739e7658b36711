output "x" {
  value = length(5)
}
