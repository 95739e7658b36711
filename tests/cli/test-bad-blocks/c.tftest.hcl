run "one" {
  foo = 1
}
