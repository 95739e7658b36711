locals {
  list = ["a", "b", "c"]
  map  = { one = 1, two = 2 }
  text = <<-EOT
    %{ for x in local.list ~}
    - ${upper(x)}
    %{ endfor ~}
    end
  EOT
}

output "conditional" {
  value = length(local.list) > 2 ? "many" : "few"
}

output "for_object" {
  value = { for k, v in local.map : upper(k) => v * 10 if v > 1 }
}

output "for_tuple" {
  value = [for i, x in local.list : "${i}:${x}"]
}

output "splat" {
  value = [{ a = 1 }, { a = 2 }][*].a
}

output "text" {
  value = local.text
}
