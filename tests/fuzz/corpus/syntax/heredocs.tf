a = <<-EOT
   a ${b ~}
  %{ for x in y ~}
  - ${x}
  %{ endfor ~}

   c
  EOT
b = <<X
X
c = "a%{ if x }b%{ else }c%{ endif }$${d}%%{e}\n\u00e9"
