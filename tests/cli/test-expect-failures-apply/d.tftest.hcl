run "c" {
  command = plan
  variables { n = 4 }
}
