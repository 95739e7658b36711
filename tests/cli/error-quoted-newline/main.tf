locals {
  a = "one
  two"
}
