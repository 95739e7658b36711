variable "old" {
type = "list"
}
resource terraform_data  "a"   {
  count=2
  input = "${var.old}"   # wrapped
  triggers_replace=[ 1,2 ,3 ]

      # too far right
  lifecycle { create_before_destroy = true }
}
locals {
short = 1 # one
muchlonger = { a = 1
b : 2 }
text = <<-EOT
     as it is
    EOT
}
