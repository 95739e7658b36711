"""The cases of aws.py: configurations of the AWS provider, each a series of steps.

A step is a configuration and what is done with it:
  hcl      the text of main.tf
  cli      commands of the aws command line, run before; {address.attribute} is a value of the state, {name} one kept
  keep     the name under which the output of the last of them is kept; @name@ in the configuration stands for it
  plan     further options of plan
  env      variables of the environment, None to unset
  show     True: the plan and the state are shown as text, too
Steps whose plan has nothing to do are not applied."""
import json
import os
import re

SEED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../aws/seed")


def step(hcl, **options):
    return {"hcl": hcl, **options}


def provider(more=""):
    return f'provider "aws" {{\n  region = "us-east-1"\n{more}\n}}\n'


def vpc(body="", cidr="10.0.0.0/16"):
    return f'resource "aws_vpc" "a" {{\n  cidr_block = "{cidr}"\n{body}\n}}\n'


def subnet(body="", cidr="10.0.1.0/24", zone="us-east-1a"):
    return (vpc() + f'resource "aws_subnet" "s" {{\n  vpc_id = aws_vpc.a.id\n  cidr_block = "{cidr}"\n'
            f'  availability_zone = "{zone}"\n{body}\n}}\n')


def cluster(body="", name="c1"):
    return f'resource "aws_ecs_cluster" "c" {{\n  name = "{name}"\n{body}\n}}\n'


def task(body="", image="i", family="fam"):
    return (f'resource "aws_ecs_task_definition" "t" {{\n  family = "{family}"\n  container_definitions = '
            f'jsonencode([{{ name = "a", image = "{image}", memory = 128 }}])\n{body}\n}}\n')


def merged(texts):
    """Configurations in one: the names of each get a number of its own."""
    return "".join(re.sub(r'(aws_\w+\.[a-z]|"[a-z])(?="? \{|\.)', rf"\g<1>{i}", text) for i, text in enumerate(texts))


def seed():
    hcl = ""
    for name in sorted(os.listdir(SEED)):
        with open(os.path.join(SEED, name), encoding="utf-8") as file:
            hcl += file.read() + "\n"
    renamed = hcl.replace('Name = "myapp-vpc"', 'Name = "renamed"')
    moved = renamed.replace("10.0.${count.index}.0", "10.0.1${count.index}.0").replace('= "512"', '= "1024"')
    moved = moved.replace(':latest"', ':v2"').replace('"production"', '"staging"')
    drift = ["ec2 create-tags --resources {aws_vpc.main.id} --tags Key=Name,Value=elsewhere Key=New,Value=1",
             "ecs delete-cluster --cluster myapp-cluster"]
    return [step(hcl, show=True), step(hcl), step(renamed, show=True), step(moved), step(moved, cli=drift)]


def tags():
    defaults = 'default_tags {\n    tags = { D = "d", A = "x" }\n  }'
    ignore = defaults + '\n  ignore_tags {\n    keys = ["Z"]\n    key_prefixes = ["auto/"]\n  }'
    made = 'resource "terraform_data" "x" {\n  input = "k"\n}\n'
    elsewhere = ["ec2 create-tags --resources {aws_vpc.a.id} --tags Key=auto/x,Value=1 Key=Z,Value=2"]
    return [
        step(provider() + vpc()),
        step(provider() + vpc('tags = { A = "1" }')),
        step(provider() + vpc('tags = { A = "2", B = "3", "odd key" = "" }')),
        step(provider() + vpc("tags = {}")),
        step(provider() + vpc()),
        step(provider(defaults) + vpc()),
        step(provider(defaults) + vpc('tags = { A = "9" }')),
        step(provider(ignore) + vpc('tags = { A = "9" }'), cli=elsewhere),
        step(provider(defaults) + vpc('tags = { A = "9", Z = "3" }')),
        step(provider() + made + vpc('tags = { A = "9", X = terraform_data.x.id }')),
        step(provider() + made + vpc("tags = { \"x${terraform_data.x.id}\" = 1 }")),
    ]


def default_tags_everywhere():
    """Default tags on every kind. (With one that is not known yet, Terraform's provider fails while applying.)"""
    names = 'variable "team" {\n  default = "a"\n}\n'
    with_tags = provider('default_tags {\n    tags = { Team = var.team }\n  }')
    body = subnet('tags = { Name = "s" }') + cluster('tags = { Name = "c" }') + task()
    return [
        step(names + with_tags + body),
        step(names.replace('"a"', '"b"') + with_tags + body),
        step(names + provider() + body),
    ]


def dns():
    return [
        step(provider() + vpc("enable_dns_hostnames = true")),
        step(provider() + vpc("enable_dns_support = false\n  enable_dns_hostnames = false")),
        step(provider() + vpc("enable_network_address_usage_metrics = true")),
        step(provider() + vpc('instance_tenancy = "dedicated"')),
        step(provider() + vpc('instance_tenancy = "default"')),
        step(provider() + vpc(cidr="10.1.0.0/16")),
    ]


def ipv6():
    return [
        step(provider() + vpc("assign_generated_ipv6_cidr_block = true")),
        step(provider() + vpc("assign_generated_ipv6_cidr_block = false")),
        step(provider() + vpc("assign_generated_ipv6_cidr_block = true")),
        step(provider() + vpc()),
    ]


def subnets():
    return [
        step(provider() + subnet()),
        step(provider() + subnet('map_public_ip_on_launch = true\n  tags = { A = "1" }')),
        step(provider() + subnet('timeouts {\n    create = "5m"\n  }')),
        step(provider() + subnet(cidr="10.0.2.0/24", zone="us-east-1c")),
        step(provider() + subnet(cidr="10.0.2.0/24", zone="us-east-1c"), plan=["-replace=aws_vpc.a"]),
    ]


def for_each():
    def hcl(names, more=""):
        each = ", ".join(f"{n} = {i}" for n, i in names)
        return (provider() + vpc() + f'''
resource "aws_subnet" "s" {{
  for_each          = {{ {each} }}
  vpc_id            = aws_vpc.a.id
  cidr_block        = cidrsubnet(aws_vpc.a.cidr_block, 8, each.value)
  availability_zone = "us-east-1${{each.key}}"
{more}
}}
output "ids" {{
  value = {{ for k, s in aws_subnet.s : k => s.id }}
}}
output "first" {{
  value = one([for k, s in aws_subnet.s : s if k == "a"])
}}
''')
    lifecycle = "  lifecycle {\n    create_before_destroy = true\n  }"
    return [
        step(hcl([("a", 1), ("b", 2)])),
        step(hcl([("a", 1), ("b", 2), ("c", 3)])),
        step(hcl([("a", 4), ("c", 3)], lifecycle), show=True),
        step(hcl([("a", 4), ("d", 5)], lifecycle), plan=["-target=aws_subnet.s[\"d\"]"]),
    ]


def clusters():
    log = ('configuration {\n    execute_command_configuration {\n      logging = "OVERRIDE"\n'
           '      log_configuration {\n        cloud_watch_log_group_name = "lg"\n'
           '        cloud_watch_encryption_enabled = true\n      }\n    }\n  }')
    plain = 'configuration {\n    execute_command_configuration {\n      logging = "DEFAULT"\n    }\n  }'
    connect = ('\n  service_connect_defaults {\n'
               '    namespace = "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-1"\n  }')

    def setting(value):
        return f'setting {{\n    name = "containerInsights"\n    value = "{value}"\n  }}'
    return [
        step(provider() + cluster()),
        step(provider() + cluster(setting("enabled") + '\n  tags = { A = "1" }')),
        step(provider() + cluster(setting("disabled"))),
        step(provider() + cluster()),
        step(provider() + cluster(log)),
        step(provider() + cluster(log.replace('"lg"', '"other"'))),
        step(provider() + cluster(plain + connect)),
        step(provider() + cluster(name="c2")),
    ]


def tasks():
    fargate = ('tags = { A = "2" }\n  cpu = "512"\n  memory = "1024"\n  network_mode = "awsvpc"\n'
               '  requires_compatibilities = ["FARGATE", "EC2"]\n'
               '  runtime_platform {\n    cpu_architecture = "ARM64"\n  }\n'
               '  ephemeral_storage {\n    size_in_gib = 30\n  }')
    return [
        step(provider() + task()),
        step(provider() + task('tags = { A = "1" }')),
        step(provider() + task('tags = { A = "1" }', image="i2"), show=True),
        step(provider() + task(fargate, image="i2")),
        step(provider() + task("skip_destroy = true", image="i2")),
        step(provider() + task("track_latest = true", image="i2")),
        step(provider() + task(family="other")),
    ]


def volumes():
    rich = '''  volume {
    name      = "v"
    host_path = "/x"
  }
  volume {
    name = "e"
    efs_volume_configuration {
      file_system_id     = "fs-1"
      transit_encryption = "ENABLED"
      authorization_config {
        iam = "ENABLED"
      }
    }
  }
  volume {
    name = "d"
    docker_volume_configuration {
      scope         = "shared"
      autoprovision = true
      labels        = { x = "y" }
    }
  }
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:x == y"
  }
  proxy_configuration {
    container_name = "a"
    properties     = { AppPorts = "8080" }
  }'''
    return [
        step(provider() + task(rich)),
        step(provider() + task(rich.replace('"/x"', '"/y"').replace("8080", "8081"))),
        step(provider() + task('  volume {\n    name = "v"\n    host_path = "/y"\n  }')),
        step(provider() + task()),
    ]


def containers():
    text = '''resource "aws_ecs_task_definition" "t" {
  family                   = "rich"
  requires_compatibilities = ["EC2"]
  execution_role_arn       = "arn:aws:iam::123456789012:role/r"
  task_role_arn            = "arn:aws:iam::123456789012:role/r2"
  ipc_mode                 = "host"
  pid_mode                 = "task"
  container_definitions = jsonencode([
    {
      name = "b", image = "x", cpu = 10, memory = 128, essential = true,
      portMappings = [{ containerPort = 80, hostPort = 8080 }],
      environment = [{ name = "Z", value = "1" }, { name = "A", value = "2" }],
      mountPoints = [{ sourceVolume = "v", containerPath = "/v" }],
      healthCheck = { command = ["CMD", "x"], interval = 5 }
    },
    {
      name = "a", image = "y", memory = 64, essential = false, command = ["a", "b"],
      secrets = [{ name = "S", valueFrom = "arn:s" }], ulimits = [{ name = "nofile", softLimit = 1, hardLimit = 2 }]
    }
  ])
}
'''
    image = text.replace('"y"', '"y:2"').replace("interval = 5", "interval = 6")
    fewer = text.replace(', { name = "A", value = "2" }', "").replace('command = ["a", "b"],', 'command = ["b"],')
    from_value = text.replace('"x", cpu', '"x:${terraform_data.tag.id}", cpu')
    return [
        step(provider() + text),
        step(provider() + image),
        step(provider() + fewer),
        step(provider() + from_value + 'resource "terraform_data" "tag" {\n}\n'),
    ]


def replacement():
    first = 'lifecycle {\n    create_before_destroy = true\n  }'

    def hcl(cidr, body):
        return (provider() + vpc(body, cidr=cidr) + 'resource "aws_subnet" "s" {\n  vpc_id = aws_vpc.a.id\n'
                '  cidr_block = cidrsubnet(aws_vpc.a.cidr_block, 8, 1)\n  availability_zone = "us-east-1b"\n'
                '  tags = { Of = aws_vpc.a.arn }\n}\noutput "acl" {\n  value = aws_vpc.a.default_network_acl_id\n}\n')
    return [
        step(hcl("10.0.0.0/16", first)),
        step(hcl("10.2.0.0/16", first), show=True),
        step(hcl("10.3.0.0/16", "")),
        step(hcl("10.4.0.0/16", "lifecycle {\n    ignore_changes = [cidr_block, tags]\n  }")),
        step(hcl("10.4.0.0/16", "lifecycle {\n    prevent_destroy = true\n  }")),
        step(provider() + vpc(cidr="10.3.0.0/16").replace('"a"', '"b"')
             + "moved {\n  from = aws_vpc.a\n  to = aws_vpc.b\n}\n"),
    ]


def imports():
    block = 'import {{\n  to = {0}\n  id = "{1}"\n}}\n'
    task_json = ('ecs register-task-definition --family fam --query taskDefinition.taskDefinitionArn --output text '
                 '--container-definitions [{"name":"a","image":"i","memory":128}]')
    return [
        step(provider() + block.format("aws_vpc.a", "@vpc@") + vpc(),
             cli=["ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text"], keep="vpc"),
        step(provider() + block.format("aws_subnet.s", "@subnet@") + subnet('tags = { A = "1" }'), keep="subnet",
             cli=["ec2 create-subnet --vpc-id {vpc} --cidr-block 10.0.1.0/24 --availability-zone us-east-1a "
                  "--query Subnet.SubnetId --output text"], show=True),
        step(provider() + block.format("aws_ecs_cluster.c", "c1") + cluster() + subnet('tags = { A = "1" }'),
             cli=["ecs create-cluster --cluster-name c1"]),
        step(provider() + block.format("aws_ecs_task_definition.t", "@task@") + task() + cluster()
             + subnet('tags = { A = "1" }'), cli=[task_json], keep="task"),
        step(provider() + block.format("aws_vpc.b", "vpc-0123456789abcdef0") + vpc().replace('"a"', '"b"') + cluster()
             + task() + subnet('tags = { A = "1" }')),
        step(provider() + block.format("aws_vpc.b", "@other@") + vpc(cidr="10.9.0.0/16").replace('"a"', '"b"')
             + cluster() + task() + subnet('tags = { A = "1" }'), keep="other",
             cli=["ec2 create-vpc --cidr-block 10.8.0.0/16 --query Vpc.VpcId --output text"]),
        step(provider() + "removed {\n  from = aws_vpc.b\n  lifecycle {\n    destroy = false\n  }\n}\n" + cluster()
             + task() + subnet('tags = { A = "1" }')),
    ]


def drift():
    hcl = (provider() + subnet('tags = { A = "1" }') + cluster() + task('tags = { A = "1" }')
           + 'output "tags" {\n  value = aws_subnet.s.tags_all\n}\n')
    return [
        step(hcl),
        step(hcl, plan=["-refresh-only"], show=True, cli=[
            "ec2 create-tags --resources {aws_subnet.s.id} --tags Key=A,Value=2 Key=B,Value=3",
            "ec2 modify-subnet-attribute --subnet-id {aws_subnet.s.id} --map-public-ip-on-launch"]),
        step(hcl),
        step(hcl, plan=["-refresh-only"], cli=["ecs delete-cluster --cluster c1",
                                               "ec2 delete-tags --resources {aws_subnet.s.id} --tags Key=A"]),
        step(hcl, plan=["-refresh=false"]),
        step(hcl, cli=["ec2 delete-subnet --subnet-id {aws_subnet.s.id}",
                       "ecs deregister-task-definition --task-definition {aws_ecs_task_definition.t.arn}"]),
        step(hcl, plan=["-destroy"], cli=["ecs delete-cluster --cluster c1"], show=True),
    ]


def data():
    hcl = '''
data "aws_availability_zones" "a" {
}
data "aws_availability_zones" "b" {
  state         = "available"
  exclude_names = ["us-east-1a"]
  filter {
    name   = "zone-name"
    values = ["us-east-1a", "us-east-1b"]
  }
}
data "aws_caller_identity" "c" {
}
data "aws_region" "r" {
}
data "aws_region" "s" {
  name = "eu-west-1"
}
output "zones" {
  value = data.aws_availability_zones.a
}
output "all" {
  value = [data.aws_availability_zones.b, data.aws_caller_identity.c, data.aws_region.r, data.aws_region.s.description]
}
output "parsed" {
  value = provider::aws::arn_parse("arn:aws:iam::444455556666:role/example")
}
output "built" {
  value = provider::aws::arn_build("aws", "iam", "", "444455556666", "role/example")
}
output "trimmed" {
  value = provider::aws::trim_iam_role_path("arn:aws:iam::444455556666:role/a/b/example")
}
'''
    required = 'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n'
    late = 'data "aws_availability_zones" "late" {\n  depends_on = [aws_vpc.a]\n}\n'
    late += 'output "late" {\n  value = data.aws_availability_zones.late.names\n}\n'
    return [
        step(required + provider() + hcl, show=True),
        step(required + provider() + hcl),
        step(required + provider() + hcl + vpc() + late),
        step(required + provider() + vpc('tags = { A = "1" }') + late),
    ]


def sensitive():
    secret = 'variable "secret" {\n  sensitive = true\n  default = "%s"\n}\n'
    body = vpc("tags = { Secret = var.secret, Open = 1 }") + task(image="${var.secret}") + '''
output "tag" {
  value     = aws_vpc.a.tags
  sensitive = true
}
'''
    return [
        step(secret % "one" + provider() + body, show=True),
        step(secret % "two" + provider() + body),
        step(secret % "10.7.0.0/16" + provider() + body.replace('"10.0.0.0/16"', "var.secret")),
    ]


def checks():
    """Conditions, modules and provider aliases."""
    hcl = '''
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
resource "aws_vpc" "west" {
  provider   = aws.west
  cidr_block = "10.5.0.0/16"
  lifecycle {
    postcondition {
      condition     = self.enable_dns_support
      error_message = "DNS is needed."
    }
  }
}
check "tenancy" {
  assert {
    condition     = aws_vpc.west.instance_tenancy == "dedicated"
    error_message = "It is ${aws_vpc.west.instance_tenancy}."
  }
}
data "aws_region" "west" {
  provider = aws.west
}
output "west" {
  value = "${data.aws_region.west.name} ${aws_vpc.west.arn}"
}
'''
    return [step(provider() + hcl), step(provider() + hcl.replace("10.5.0.0/16\"", "10.5.0.0/16\"\n  "
                                                                  "enable_dns_support = false"))]


def nested():
    """A data source within a check: read for the plan, and read again when all is applied."""
    hcl = '''
resource "terraform_data" "n" {
  input = %s
}
check "zones" {
  data "aws_availability_zones" "z" {
    %s
  }
  assert {
    condition     = length(data.aws_availability_zones.z.names) > %s
    error_message = "There are ${length(data.aws_availability_zones.z.names)}."
  }
}
'''
    filters = 'filter {\n name = "%s"\n values = ["us-east-1a"]\n }\n'
    return [
        step(provider() + hcl % (1, "", 100), show=True),
        step(provider() + hcl % (1, "", 1)),
        step(provider() + hcl % (2, filters % "zone-name", 1)),
        step(provider() + hcl % (2, "state = terraform_data.n.id", 1)),
    ]


def api_errors():
    few = provider("max_retries = 1")
    both = vpc() + 'resource "aws_subnet" "s" {\n  vpc_id = aws_vpc.a.id\n  cidr_block = "%s"\n%s\n}\n'
    return [
        step(few + merged([
            vpc(cidr="10.0.0.0/8"),
            both % ("192.168.0.0/24", ""),
            both % ("10.0.0.0/24", 'availability_zone = "us-east-1z"'),
            'resource "aws_subnet" "s" {\n  vpc_id = "vpc-0123456789abcdef0"\n  cidr_block = "10.0.0.0/24"\n}\n',
            task(body='volume {\n    name = "x"\n  }').replace("memory = 128", "memory = 128, cpu = -1"),
        ])),
        step(few + merged([
            'data "aws_region" "r" {\n  name = "xx-nowhere-1"\n}\n',
            'data "aws_region" "r" {\n  name = "us-east-1"\n  endpoint = "ec2.eu-west-1.amazonaws.com"\n}\n',
            'data "aws_availability_zones" "z" {\n  filter {\n    name = "nonsense"\n    values = ["x"]\n  }\n}\n',
        ])),
    ]


def bad_arguments():
    texts = [
        vpc(cidr="nonsense"),
        vpc(cidr="10.0.0.1/16"),
        vpc('instance_tenancy = "x"'),
        vpc("ipv4_netmask_length = 20"),
        vpc("ipv4_netmask_length = 99\n  ipv4_ipam_pool_id = \"x\""),
        vpc('ipv6_cidr_block = "x"\n  assign_generated_ipv6_cidr_block = true'),
        vpc("ipv6_netmask_length = 50\n  ipv6_ipam_pool_id = \"x\""),
        vpc('tags = { A = null }'),
        vpc('tags = ["a"]'),
        vpc('enable_dns_support = "maybe"\n  nothing = 1'),
        vpc('arn = "x"'),
        subnet('availability_zone_id = "use1-az1"'),
        subnet('private_dns_hostname_type_on_launch = "x"\n  assign_ipv6_address_on_creation = "x"'),
        subnet("customer_owned_ipv4_pool = \"x\""),
        'resource "aws_subnet" "s" {\n}\n',
        cluster(name="bad name!"),
        cluster('setting {\n    name = "x"\n    value = "y"\n  }'),
        cluster("configuration {\n    execute_command_configuration {\n      logging = \"x\"\n    }\n  }\n  "
                "configuration {\n  }"),
        task(family="a b"),
        task('network_mode = "x"\n  requires_compatibilities = ["X"]\n  execution_role_arn = "x"'),
        task("ephemeral_storage {\n    size_in_gib = 5\n  }"),
        'resource "aws_ecs_task_definition" "t" {\n  family = "f"\n  container_definitions = "not json"\n}\n',
        'resource "aws_ecs_task_definition" "t" {\n  family = "f"\n  container_definitions = "[{}]"\n}\n',
        'resource "aws_ecs_task_definition" "t" {\n  family = "f"\n  container_definitions = "[{\\"name\\": 1}]"\n}\n',
        'data "aws_availability_zones" "z" {\n  state = "x"\n}\n',
    ]
    efs = ('volume {{\n    name = "v"\n    efs_volume_configuration {{\n      file_system_id = "fs"\n'
           '      {0}\n    }}\n'
           '  }}')
    more = [
        subnet(cidr="nonsense"),
        subnet(cidr="10.0.0.1/24"),
        subnet('ipv6_cidr_block = "x"'),
        subnet('ipv6_cidr_block = "2001:db8::1/64"'),
        vpc('ipv6_cidr_block = "x"\n  ipv6_ipam_pool_id = "p"'),
        vpc('ipv6_cidr_block = "2001:db8::1/56"\n  ipv6_ipam_pool_id = "p"'),
        vpc('assign_generated_ipv6_cidr_block = true\n  ipv6_ipam_pool_id = "p"\n  ipv6_netmask_length = 56'),
        vpc('assign_generated_ipv6_cidr_block = true\n  ipv6_cidr_block = "2001:db8::/56"\n  ipv6_ipam_pool_id = "p"'),
        vpc('ipv6_netmask_length = 56\n  ipv6_cidr_block = "2001:db8::/56"\n  ipv6_ipam_pool_id = "p"'),
        vpc('ipv6_cidr_block_network_border_group = "x"', cidr="10.0.0.0/8"),
        vpc("ipv4_netmask_length = 99\n  ipv4_ipam_pool_id = \"x\"").replace('  cidr_block = "10.0.0.0/16"\n', ""),
        cluster(name="x" * 256),
        cluster(name=""),
        cluster("configuration {\n    execute_command_configuration {\n      logging = \"x\"\n    }\n  }"),
        cluster("configuration {\n    managed_storage_configuration {\n      nothing = \"x\"\n    }\n  }"),
        cluster('service_connect_defaults {\n    namespace = "x"\n  }'),
        task(family="x" * 256),
        task('task_role_arn = "arn:aws:iam"\n  execution_role_arn = "arn:aws:iam::x:role/r"'),
        task('task_role_arn = "arn:x:iam::123456789012:role/r"\n  execution_role_arn = "arn:aws:iam::123456789012:"'),
        task(efs.format('transit_encryption_port = 70000')),
        task(efs.format('transit_encryption = "x"\n      authorization_config {\n        iam = "x"\n      }')),
        task('volume {\n    name = "v"\n    docker_volume_configuration {\n      scope = "x"\n    }\n  }'),
        task('volume {\n  }'),
        task('placement_constraints {\n    type = "x"\n  }'),
        task('runtime_platform {\n    cpu_architecture = "x"\n    operating_system_family = "x"\n  }'),
        task('ipc_mode = "x"\n  pid_mode = "x"\n  cpu = "x"\n  memory = 1.5'),
        task('proxy_configuration {\n    container_name = "a"\n    type = "x"\n  }'),
    ]
    definition = 'resource "aws_ecs_task_definition" "t" {\n  family = "f"\n  container_definitions = %s\n}\n'
    containers_texts = [
        '', '{}', '[null]', '[{"name": "a"', '[{"name": tru}]', '[{"cpu": "x"}]', '[{"name": "a", "cpu": "1"}]',
        '[{"name": "a", "essential": "x"}]', '[{"name": "a", "portMappings": {}}]', '[1]', '"x"', '[] x',
        '[{"name": "a", "portMappings": [{"containerPort": "x"}]}]', '[{"name": "a", "unknown": 1}]',
        '[{"name": "a", "command": [1]}]', '[{"name": "a", "cpu": 1.5}]', '[{"a" 1}]', "[{'a': 1}]"]
    more += [definition % json.dumps(text) for text in containers_texts]
    return [step(provider() + merged(texts), validate=True),
            step(provider() + merged(more), validate=True),
            step(provider() + 'resource "aws_nothing" "t" {\n}\ndata "aws_zzz" "t" {\n}\n', validate=True)]


def bad_providers():
    use = 'data "aws_caller_identity" "c" {\n}\n'
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    few = "max_retries = 1\n  "
    return [
        step(provider() + use, env=none),
        step(provider() + use, env={**none, "AWS_PROFILE": "nobody"}),
        step(provider('profile = "nobody"') + use, env=none),
        step(provider().replace("us-east-1", "nowhere") + use),
        step(provider('access_key = "AKIA"') + use, env=none),
        step(provider(few + 'endpoints {\n    sts = "http://127.0.0.1:1"\n  }') + use),
        step(provider(few + 'skip_requesting_account_id = true\n  skip_credentials_validation = true\n'
                      '  endpoints {\n    ec2 = "http://127.0.0.1:1"\n  }') + vpc()),
        step(provider('allowed_account_ids = ["1"]') + use),
        step(provider('allowed_account_ids = ["000000000001"]') + use),
        step(provider('forbidden_account_ids = ["123456789012"]') + use),
        step(provider('allowed_account_ids = ["1"]\n  forbidden_account_ids = ["2"]') + use),
        step(provider('endpoints {\n    nothing = "x"\n  }') + use),
        step(provider('endpoints {\n    ec2 = "not a url"\n  }') + use),
        step(provider('max_retries = "x"\n  unknown_argument = 1') + use),
        step(provider('shared_credentials_files = ["/nonexistent/file"]') + use, env=none),
        step(provider('assume_role {\n    role_arn = "nonsense"\n  }') + use),
        step(provider('assume_role {\n    role_arn = "arn:aws:iam::123456789012:role/r"\n    duration = "1s"\n  }')
             + use),
        step(provider('ec2_metadata_service_endpoint_mode = "x"') + use),
        step(provider('retry_mode = "x"') + use),
        step(provider('s3_us_east_1_regional_endpoint = "legacy"') + use),
    ]


def refused():
    """Keys that the server does not know: it verifies signatures, see aws.py. (What it answers for other services
    than EC2 is not what AWS does, and Terraform's provider cannot read it.)"""
    late = provider("max_retries = 1\n  skip_requesting_account_id = true\n  skip_credentials_validation = true")
    return [step(late + vpc()), step(late + vpc() + 'data "aws_availability_zones" "z" {\n}\n')]


CASES = {f.__name__: f for f in (seed, tags, default_tags_everywhere, dns, ipv6, subnets, for_each, clusters, tasks,
                                 volumes, containers, replacement, imports, drift, data, sensitive, checks, nested,
                                 api_errors, bad_arguments, bad_providers, refused)}
