run "c" {
  variables { n = 4 }
}
run "after" {}
