variable "plain" {
  default = 1
}
variable "eph" {
  ephemeral = true
  default = 1
}
output "e" {
  value = var.eph
  ephemeral = true
}
