# c
// d
/* e */
resource "aws_vpc" "main" {
  count = var.n > 0 ? 1 : 0
  tags  = merge({ a = 1, "b" : 2, (c) = 3 }, local.t...)
  x     = a.*.b.0[*].c["d"][1]
  lifecycle { ignore_changes = [tags["a"]] }
}
