run "one" {
  assert {
    condition     = output.o == "abc"
    error_message = "o is ${output.o}"
  }
  assert {
    condition     = local.l.b == "q" || length(local.l.a) == 3
    error_message = "local"
  }
  assert {
    condition     = terraform_data.c[0].output == 1
    error_message = "c0 is ${terraform_data.c[0].output}"
  }
  assert {
    condition     = length(terraform_data.c) == 1
    error_message = "length"
  }
  assert {
    condition     = output.list[1] == "c"
    error_message = "list"
  }
  assert {
    condition     = output.s == "x"
    error_message = "sens ${output.s}"
  }
  assert {
    condition     = var.secret == "x"
    error_message = "sens"
  }
}
