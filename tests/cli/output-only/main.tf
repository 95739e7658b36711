output "a" {
  value = { list = [1, 2], text = "x" }
}

output "multi" {
  value = "a\nb\n"
}
