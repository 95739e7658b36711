run "setup" {
  module { source = "./setup" }
  variables { p = "zz" }
  assert {
    condition     = terraform_data.s.input == "zz" && output.v == "zz!"
    error_message = "bad"
  }
}
run "use" {
  variables { v = run.setup.v }
  assert {
    condition     = output.v == "zz!!"
    error_message = "use ${output.v}"
  }
}
run "setup_again" {
  module { source = "./setup" }
  variables { p = "yy" }
}
run "missing" {
  module { source = "./setup" }
}
