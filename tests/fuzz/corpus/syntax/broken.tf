a = [1 2
b = "x
}
c {
 d = "${1 2}"
 e = <<EOT
