locals {
  ok = { a = 1 }
}
