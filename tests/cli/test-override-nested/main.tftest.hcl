run "one" {
  override_resource {
    target = module.m.terraform_data.r
    values = { id = "inner" }
  }
  assert {
    condition     = output.o == "inner"
    error_message = "o ${output.o}"
  }
}
