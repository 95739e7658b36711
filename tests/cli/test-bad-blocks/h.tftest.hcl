run "one" {
  module { source = "./x" }
  module { source = "./y" }
}
