variables {
  b = "file"
}
run "one" {
  assert {
    condition     = output.all == "?"
    error_message = "all: ${output.all}"
  }
}
