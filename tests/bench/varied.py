#!/usr/bin/env python3
"""Writes a large configuration in which every form of the language occurs, as people write it: varied.py MEGABYTES."""
import random
import sys

FORMS = [
    '''# Network {i}: {words}
resource "aws_vpc" "net_{i}" {{
  cidr_block           = "10.{b}.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = var.hostnames && !local.private[{b}]
  tags = merge(local.tags, {{
    Name        = "net-${{var.environment}}-{i}"
    Environment = var.environment # which one
    "kubernetes.io/cluster/${{local.cluster}}" = "shared"
  }})
}}
''',
    '''resource "aws_security_group_rule" "rule_{i}" {{
  for_each          = {{ for k, v in var.rules : k => v if v.enabled && v.port > {b} }}
  type              = each.value.type
  from_port         = each.value.port
  to_port           = lookup(each.value, "to_port", each.value.port)
  protocol          = coalesce(each.value.protocol, "tcp")
  cidr_blocks       = concat(each.value.cidrs, [for s in aws_subnet.private : s.cidr_block])
  security_group_id = aws_security_group.main[each.key].id
  lifecycle {{
    create_before_destroy = true
    ignore_changes        = [tags["LastSeen"], description]
  }}
}}
''',
    '''variable "setting_{i}" {{
  description = "{words}, and {words}"
  type = object({{
    name    = string
    size    = optional(number, {b})
    labels  = optional(map(string), {{}})
    windows = list(object({{ start = string, end = string }}))
  }})
  default = {{ name = "x{i}", windows = [{{ start = "01:00", end = "02:00" }}, {{ start = "03:00", end = "04:00" }}] }}
  validation {{
    condition     = length(var.setting_{i}.name) > 0 && can(regex("^[a-z][a-z0-9-]*$", var.setting_{i}.name))
    error_message = "The name of setting {i} must be a lower-case word: ${{var.setting_{i}.name}} is none."
  }}
}}
''',
    '''locals {{
  script_{i} = <<-EOT
    #!/bin/bash
    set -euo pipefail
    # {words}
    export NAME="${{var.name}}" REGION=${{data.aws_region.current.name}}
    %{{ for host in local.hosts ~}}
    echo "${{host}} {words}" >>/etc/hosts.d/{i}
    %{{ endfor ~}}
    %{{ if var.debug }}set -x%{{ else }}true%{{ endif }}
    curl -fsSL "https://example.com/$${{version}}/{i}" | tar -xz -C /opt
  EOT
  total_{i} = (var.a + {b} * 3 - local.b / 2) % 7 >= 1 ? "${{var.a}}-many" : format("%03d", {i})
  names_{i} = [
    "alpha", "beta",  "gamma",
    upper("{words}"),   # the last one
  ]
}}
''',
    '''/* {words}
   {words} */
module "service_{i}" {{
  source  = "./modules/service"
  version = "~> {b}.1"
  providers = {{ aws = aws.west, aws.peer = aws.east }}

  name      = "service-{i}"
  replicas  = var.replicas == null ? 1 : var.replicas
  image     = "registry.example.com/team/service:${{var.tags["service-{i}"]}}"
  subnets   = module.network.private_subnets[*].id
  env       = {{ for pair in setproduct(keys(var.env), ["a", "b"]) : "${{pair[0]}}_${{pair[1]}}" => var.env[pair[0]]... }}
  dependents = flatten([for t in var.teams : [for m in t.members : {{ team = t.name, member = m }}]])
}}
''',
    '''data "aws_iam_policy_document" "policy_{i}" {{
  statement {{
    sid       = "Allow{i}"
    effect    = "Allow"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::bucket-{i}", "arn:aws:s3:::bucket-{i}/*"]
    dynamic "condition" {{
      for_each = var.conditions
      content {{
        test     = condition.value.test
        variable = condition.value["variable"]
        values   = try(condition.value.values, ["${{condition.key}}"])
      }}
    }}
  }}
}}

output "policy_{i}" {{
  value     = jsonencode({{ id = data.aws_iam_policy_document.policy_{i}.id, n = {b}.5e3, on = false, list = [1, 2, 3] }})
  sensitive = true
}}
''',
]
WORDS = "the quick network of brown hosts jumps over each lazy gateway für größere Netze und 東京 in between".split()


def text(size, seed=1):
    rng, parts, total, i = random.Random(seed), [], 0, 0
    while total < size:
        words = " ".join(rng.choices(WORDS, k=rng.randrange(3, 9)))
        part = rng.choice(FORMS).format(i=i, b=rng.randrange(250), words=words) + "\n"
        parts.append(part)
        total += len(part.encode())
        i += 1
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(text(float(sys.argv[1]) * 1e6))
