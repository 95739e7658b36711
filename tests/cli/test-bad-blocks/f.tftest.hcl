variables { a = 1 }
variables { b = 1 }
run "one" {
  variables { a = 1 }
  variables { a = 2 }
}
