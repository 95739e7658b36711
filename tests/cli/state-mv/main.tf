resource "terraform_data" "a" {
  input = 1
}
resource "terraform_data" "c" {
  count = 2
  input = count.index
}
resource "terraform_data" "f" {
  for_each = toset(["x", "y"])
  input    = each.key
}
module "m" {
  source = "./m"
  count  = 2
}
module "n" {
  source = "./m"
}
