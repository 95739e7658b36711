run "one" {
  expect_failures = [var.x + 1]
}
