runn "one" {}
