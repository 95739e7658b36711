output "x" {
  value = path.root
}
