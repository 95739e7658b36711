override_module {
  target  = module.m
  outputs = { o = "mocked" }
}
override_module {
  target  = module.n[0]
  outputs = { o = "n0" }
}
run "one" {
  assert {
    condition     = output.o == "mocked" && output.p == null
    error_message = "o ${output.o}"
  }
  assert {
    condition     = output.n[0] == "n0" && output.n[1] == "q1"
    error_message = "n"
  }
}
run "two" {
  state_key = "x"
  override_module {
    target = module.n
  }
  assert {
    condition     = output.n[0] == null
    error_message = "n is ${output.n[0]}"
  }
}
