variables {
  v = 10
}
run "one" {}
run "two" {
  variables { v = run.one.v }
  assert {
    condition     = output.v == 12 && run.one.v == 11
    error_message = "bad"
  }
}
run "three" {
  variables { v = run.two.v + var.v }
  assert {
    condition     = output.v == 13
    error_message = "bad"
  }
}
