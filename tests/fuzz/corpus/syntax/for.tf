a = [for k, v in x : "${k}=${v}" if v != null]
b = {for k, v in x : k => v...}
c = -1 + !true * (2 % 3) == 4 && a || b
d = provider::x::y(1, [2]...)
