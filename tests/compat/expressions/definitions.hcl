null_value = null
list       = tolist(["a", "b", "c"])
numbers    = tolist([3, 1, 2])
tuple      = [1, "two", true, null]
object     = { name = "web", count = 2, tags = { env = "prod", tier = "1" } }
map        = tomap({ x = "ex", y = "why" })
set        = toset(["q", "p", "q"])
objects    = [{ id = "a", v = 1, sub = { z = [1, 2] } }, { id = "b", v = 2, sub = { z = [3] } }]
object_list = tolist([{ id = "a", v = 1 }, { id = "b", v = 2 }])
nested     = { m = { k = { deep = [[1, 2], [3]] } } }
text       = "hello"
number     = 42
yes        = true
empty      = []
none       = {}
null_list  = tolist(null)
multi      = "one\ntwo\n"
unicode    = "Ünïcödé 日本語"
