run "one" {
  plan_options {
    mode = weird
    refresh = 3
    target = foo
  }
}
