data "terraform_remote_state" "net" {
  backend = "local"
  config = {
    path = "../net/terraform.tfstate"
  }
}
output "vpc" {
  value = data.terraform_remote_state.net.outputs.vpc
}
