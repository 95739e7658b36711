variable "str" {
  type = string
}

variable "num" {
  type = number
}

variable "bool" {
  type = bool
}

variable "list" {
  type = list(string)
}

variable "set" {
  type = set(string)
}

variable "map" {
  type = map(string)
}

variable "object" {
  type = object({ a = string, b = number })
}

variable "tuple" {
  type = tuple([string, number])
}

variable "any" {
}

variable "secret" {
  default   = "hidden"
  sensitive = true
}

variable "brief" {
  default   = "fleeting"
  ephemeral = true
}

locals {
  people = [{ name = "Ann", age = 30, tags = ["x"] }, { name = "Bo", age = 25, tags = [] }]
  table  = tomap({ one = { id = 1, on = true }, two = { id = 2, on = false } })
  long   = "The quick brown fox jumps over the lazy dog, and then it jumps back again, and again, until all are tired of it."
  lines  = "first\nsecond\n\n  third  \n"
  greet  = "Hello, $${name}! You have $${n} item%%{ if n != 1 }s%%{ endif }."
}
