resource "a" "b" {
  c =
}
