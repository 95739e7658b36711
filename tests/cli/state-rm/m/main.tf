resource "terraform_data" "b" {
  input = 1
}
resource "terraform_data" "d" {
  count = 2
  input = count.index
}
module "deep" {
  source = "./deep"
}
