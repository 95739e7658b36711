resource "terraform_data" "a" {
  input = {
    number = 12345678901234567890.5
    bool   = true
    null   = null
    list   = tolist(["a", "b"])
    set    = toset(["y", "x"])
    tuple  = [1, "a", false]
    map    = tomap({ k = "v" })
    text   = "line one\nline two \"quoted\"\n"
    empty  = {}
    none   = []
  }
}
