run "one" {
  assert {
    condition     = output.all == "?"
    error_message = "all: ${output.all}"
  }
}
run "two" {
  variables { a = "run" }
  assert {
    condition     = output.all == "?"
    error_message = "all: ${output.all}"
  }
}
