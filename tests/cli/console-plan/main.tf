variable "n" {}
resource "terraform_data" "a" { 
 count = 3
 input = "x${count.index}" 
}
data "terraform_remote_state" "r" {
 backend = "local"
 config = { path = "zz.tfstate" }
 count = 0
}
output "x" { value = terraform_data.a[*].id }
