locals {
  ok  = 1
  bad = 1 / 0 + "x"
}
