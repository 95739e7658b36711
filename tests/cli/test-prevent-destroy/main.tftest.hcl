run "one" {
}
run "two" {
  state_key = "k"
}
run "three" {
  assert {
    condition     = output.o == 2
    error_message = "no"
  }
}
