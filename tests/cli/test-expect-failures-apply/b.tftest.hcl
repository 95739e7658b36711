run "v" {
  variables { n = 11 }
  expect_failures = [var.n]
}
run "after" {}
