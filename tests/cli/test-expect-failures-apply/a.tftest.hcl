run "c" {
  variables { n = 4 }
  expect_failures = [check.c]
}
run "p" {
  variables { n = 3 }
  expect_failures = [terraform_data.a]
}
run "after" {}
