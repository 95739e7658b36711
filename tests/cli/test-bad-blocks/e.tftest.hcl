run "one" {
  assert {
    condition = true
  }
}
