a = {
    "a" = 1,
    b : 2
    (c) = 3, d = 4
    true = 5
    x.y = 2
  }
b = a.b.*.c.0.d[1]
c = a[*].b[0].*.z
d = -a.b + !c * 2 == 3 && x || y ? 1 : 2
e = [for k, v in x : "${k}" if v]
f = {for v in x : v => v...}
g = <<-EOT
   a
     b ${c ~}
   d
   EOT
h = foo::bar("x", 1.50, [1]...)
i = "a%{ if x }b%{ else }c%{ endif }%{for a,b in c}${a}%{endfor}"
j = 1e400 - 12345678901234567890.5
resource a "b" { c = 1 }
x {
 y z {
 }
}
