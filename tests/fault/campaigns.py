#!/usr/bin/env python3
"""Runs that are killed at each instant at which something durable happens (tests/fault/shim.c), one after the other. After
each, the next run must end with servers, state and configuration agreeing: no orphan, no duplicate, no loss.

    campaigns.py [--runs N] [--fault kill|power|errors|network|clock] [--keep DIR] [NAME...]
    campaigns.py --concurrent N

A campaign has scenarios: an apply, a destroy, a migration of the state. Each is run once to count its points; then N runs
(default 12) are spread evenly over all of them. Other faults than a kill:

    power   the power is cut: what was not synchronised is gone, or, in every second run, survives for some files and
            not for others
    errors  a call fails (EIO, EINTR, once or from then on; ENOSPC), or writes are cut short, which must do no harm at all
    network a connection is refused or cut, once or from then on
    clock   the clock jumps a day ahead or back, which must do no harm either

--concurrent: so many runs on one state at once. All succeed or say that it is locked, and nothing is lost. The last line
is "N passed, N failed, N skipped"."""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IAC = os.environ.get("IAC", str(ROOT / "build/iac"))
SHM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
WORK = pathlib.Path(tempfile.mkdtemp(prefix="iac-fault-", dir=SHM))
SHIM = WORK / "shim.so"
sys.path.insert(0, str(ROOT / "tests/backend"))
os.environ["IAC"] = IAC
import harness as backends  # noqa: E402


class Trouble(Exception):
    pass


def environment(**more):
    env = dict(os.environ, TF_IN_AUTOMATION="1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
               AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true", TF_CLI_CONFIG_FILE="/dev/null")
    env.update(more)
    return env


def run(folder, *args, env=None, status=0):
    done = subprocess.run([IAC, *args], cwd=folder, text=True, capture_output=True, env=environment(**(env or {})),
                          timeout=300)
    output = done.stdout + done.stderr
    if status is not None and done.returncode != status:
        raise Trouble(f"iac {' '.join(args)} ended with {done.returncode}:\n{output}")
    return output


def shimmed(folder, args, **faults):
    """Runs iac below the shim. Its status, what it said, and how many points it came to."""
    count = WORK / "count"
    env = environment(LD_PRELOAD=str(SHIM), FAULT_UNDER=str(folder), FAULT_COUNT=str(count), **faults)
    with open(WORK / "said", "w+", encoding="utf-8") as said:
        done = subprocess.run([IAC, *args], cwd=folder, stdout=said, stderr=said, env=env, timeout=300)
        said.seek(0)
        return done.returncode, said.read(), struct.unpack("Q", count.read_bytes())[0]


# ---- what a power cut leaves ----


class Disk:
    """What is certain to be on the disk: names and contents as of the last synchronisation."""

    def __init__(self, folder):
        self.folder, self.shadow = folder, WORK / "shadow"
        shutil.rmtree(self.shadow, ignore_errors=True)
        self.shadow.mkdir()
        self.names, self.contents, self.links = {}, {}, {}
        self.scan(self.names, self.contents)

    def scan(self, names, contents):
        for path, folders, files in os.walk(self.folder):
            inode = os.stat(path).st_ino
            names[inode] = {n: os.lstat(os.path.join(path, n)).st_ino for n in folders + files}
            for n in files:
                full = os.path.join(path, n)
                if os.path.islink(full):
                    self.links[os.lstat(full).st_ino] = os.readlink(full)
                else:
                    contents[os.lstat(full).st_ino] = pathlib.Path(full).read_bytes()

    def cut(self, chance):
        """Puts the folder into the state after a power cut. chance: of what was not synchronised to survive."""
        names, contents = {}, {}
        self.scan(names, contents)
        root = os.stat(self.folder).st_ino
        for inode in names:
            listed = self.shadow / f"d-{inode}"
            if chance.random() < chance.survives:
                continue
            if listed.exists():
                pairs = [line.split(" ", 1) for line in listed.read_text().splitlines()]
                names[inode] = {name: int(i) for i, name in pairs}
            else:
                names[inode] = self.names.get(inode, {})
        for inode, listing in self.names.items():
            names.setdefault(inode, listing)
        known = {**self.contents, **contents}
        for inode in known:
            synced = self.shadow / f"f-{inode}"
            if inode in contents and chance.random() < chance.survives:
                continue
            known[inode] = synced.read_bytes() if synced.exists() else self.contents.get(inode, b"")
        for entry in os.scandir(self.folder):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        self.build(self.folder, root, names, known)

    def build(self, path, inode, names, contents):
        for name, child in names.get(inode, {}).items():
            full = pathlib.Path(path) / name
            if name.endswith("-shm"):
                continue  # shared memory: gone with the machine
            if child in names:
                full.mkdir()
                self.build(full, child, names, contents)
            elif child in self.links:
                full.symlink_to(self.links[child])
            else:
                full.write_bytes(contents.get(child, b""))


# ---- campaigns ----


class Scenario:
    """before, after: configurations; final: what is configured for the run that settles it. status: of the command when
    nothing disturbs it."""

    def __init__(self, label, before, after, command, again=None, destroys=False, final=None, status=0):
        self.label, self.before, self.after, self.command = label, before, after, command
        self.again, self.destroys, self.final, self.status = again, destroys, final, status
        self.points = 0


APPLY = ["apply", "-auto-approve", "-no-color", "-input=false"]
DESTROY = ["destroy", "-auto-approve", "-no-color", "-input=false"]
INIT = ["init", "-no-color", "-input=false"]
MIGRATE = INIT + ["-migrate-state", "-force-copy"]


class Campaign:
    """The files of a folder are all there is; a campaign with a server says so by `remote`."""
    name = ""
    remote = False
    claims = True  # ids that were told are in the state afterwards

    def __init__(self):
        self.saved = {}
        self.doubts = 0

    def open(self):
        pass

    def close(self):
        pass

    def reset(self):
        pass

    def folder(self):
        return WORK / "project"

    def write(self, text):
        (self.folder() / "main.tf").write_text(text)

    def prepare(self, s):
        """The folder as the scenario finds it."""
        shutil.rmtree(self.folder(), ignore_errors=True)
        if s.label in self.saved:
            shutil.copytree(self.saved[s.label], self.folder(), symlinks=True)
            return
        self.reset()
        self.folder().mkdir()
        self.begin(s)
        if not self.remote:
            self.saved[s.label] = WORK / f"saved-{self.name}-{len(self.saved)}"
            shutil.copytree(self.folder(), self.saved[s.label], symlinks=True)

    def begin(self, s):
        if s.before:
            self.write(s.before)
            run(self.folder(), *INIT)
            run(self.folder(), *APPLY)
            self.applied(s)
        self.write(s.after)
        if s.command[0] != "init":
            run(self.folder(), *INIT)

    def applied(self, s):
        pass

    def settle(self, s):
        """The next run, and what it tells to do about objects in doubt."""
        said = ""
        if s.final:
            self.write(s.final)
        if s.again:
            said += run(self.folder(), *s.again)
        if not s.destroys:
            said += self.imports()
        return said + run(self.folder(), *(DESTROY if s.destroys else APPLY))

    def imports(self):
        said = run(self.folder(), "plan", "-no-color", "-input=false")
        for line in re.findall(r"^.*?iac (import .*)$", said, re.M):
            self.doubts += 1
            words = [w.strip("'") for w in line.split()]
            if words[-1] != "ID":
                run(self.folder(), words[0], "-no-color", *words[1:])
            else:
                self.in_doubt(words[1])
        return said

    def in_doubt(self, address):
        run(self.folder(), "state", "dismiss", address)

    def instances(self):
        state = json.loads(run(self.folder(), "state", "pull") or "{}")
        found = {}
        for resource in state.get("resources", []):
            for i in resource["instances"]:
                if i.get("deposed"):
                    raise Trouble(f"a deposed object is left of {resource['type']}.{resource['name']}")
                key = i.get("index_key")
                address = f"{resource['type']}.{resource['name']}" + ("" if key is None else f"[{json.dumps(key)}]")
                found[address] = i["attributes"]
        return found

    def agree(self, s, said):
        if s.destroys:
            if self.instances():
                raise Trouble(f"still there after a destroy: {list(self.instances())}")
        else:
            run(self.folder(), "plan", "-no-color", "-detailed-exitcode", "-input=false")
            have = self.instances()
            for address, identity in re.findall(r"^(\S+): Creation complete after \S+ \[id=(.*)\]$", said, re.M):
                if self.claims and address in have and have[address]["id"] != identity:
                    raise Trouble(f"{address} was told to be {identity}, and is {have[address]['id']}")
        run(self.folder(), "state", "check")
        self.outside(s)

    def outside(self, s):
        pass


def data(count, value="v", more=""):
    return f"""
variable "n" {{ default = {count} }}
resource "terraform_data" "a" {{
  count            = var.n
  input            = "{value}${{count.index}}"
  triggers_replace = "{value}"
}}
resource "terraform_data" "kept" {{
  input = "kept"
}}
output "all" {{ value = terraform_data.a[*].output }}
{more}
"""


def backend(text):
    return f"terraform {{\n{text}\n}}\n"


class Data(Campaign):
    name = "data"

    def scenarios(self):
        first = "lifecycle { create_before_destroy = true }"
        state_file = backend('backend "local" { path = "x.tfstate" }')
        return [
            Scenario("first apply", None, data(3), APPLY),
            Scenario("apply", data(2), data(4, "w"), APPLY),
            Scenario("replacing", data(3), data(3, "w").replace('input            =', first + "\n  input ="), APPLY),
            Scenario("destroy", data(4), data(4), DESTROY, destroys=True),
            Scenario("taking over", None, data(3), INIT, again=INIT),
            Scenario("to a state file", data(3), state_file + data(3), MIGRATE, again=MIGRATE),
            Scenario("from a state file", state_file + data(3), data(3), MIGRATE, again=MIGRATE),
            Scenario("apply to a state file", state_file + data(2), state_file + data(3, "w"), APPLY),
            Scenario("destroy in a state file", state_file + data(3), state_file + data(3), DESTROY, destroys=True),
            Scenario("push", data(3), data(3), ["state", "push", "-force", "pushed"]),
        ]

    def __init__(self):
        super().__init__()
        self.kept = {}

    def begin(self, s):
        super().begin(s)
        if s.label == "push":
            (self.folder() / "pushed").write_text(run(self.folder(), "state", "pull"))
        if s.label == "taking over":
            run(self.folder(), *APPLY)
            text = run(self.folder(), "state", "pull")
            self.applied(s)
            shutil.rmtree(self.folder() / ".iac")
            (self.folder() / "terraform.tfstate").write_text(text)

    def applied(self, s):
        self.kept[s.label] = self.instances()["terraform_data.kept"]["id"]

    def outside(self, s):
        before, now = self.kept.get(s.label), self.instances()
        if s.destroys:
            return
        if before and now.get("terraform_data.kept", {}).get("id") != before:
            raise Trouble("an object that nothing was to be done about is another one")
        if s.label in ("taking over", "to a state file", "from a state file", "push") and len(now) != 4:
            raise Trouble(f"{len(now)} objects, not 4")


# ---- where states are kept ----


class HttpPlace:
    label = "http"

    def __init__(self):
        self.block = backends.Http.block()
        self.url = backends.Http.url

    def reset(self):
        request = urllib.request.Request(self.url, method="DELETE")
        try:
            urllib.request.urlopen(request)
        except urllib.error.HTTPError:
            pass
        for ident in backends.Http.control("show")["locks"].values():
            urllib.request.urlopen(urllib.request.Request(self.url, method="UNLOCK", data=(
                ident if isinstance(ident, str) else json.dumps(ident)).encode()))

    @staticmethod
    def close():
        stop(backends.Http)


class S3Place:
    label = "s3"
    more = ["use_lockfile = true"]

    def __init__(self):
        self.block = backends.S3.block(*self.more)
        self.url = f"http://127.0.0.1:{backends.S3.port}"

    def reset(self):
        urllib.request.urlopen(urllib.request.Request(self.url + "/moto-api/reset", method="POST"))
        backends.S3.fill()

    @staticmethod
    def close():
        stop(backends.S3)


class TablePlace(S3Place):
    label = "s3 with a table"
    more = ['dynamodb_table = "locks"']


class PgPlace:
    label = "pg"
    more = ""
    sealed = ""

    def __init__(self):
        self.block = backends.Pg.block(self.more) + self.sealed
        self.database = f"d{backends.Pg.names}"

    def reset(self):
        backends.Pg.sql("drop schema if exists terraform_remote_state cascade", self.database)

    @staticmethod
    def close():
        if backends.Pg.process:
            backends.Pg.stop()
            backends.Pg.process = None
            shutil.rmtree(backends.Pg.dir, ignore_errors=True)


class PgRowsPlace(PgPlace):
    label = "pg by resource"
    more = backends.ROWS


class PgSealedPlace(PgRowsPlace):
    label = "pg by resource, encrypted"
    sealed = f"""
encryption {{
  {backends.key_of("first")}
  method "aes_gcm" "m" {{ keys = key_provider.external.first }}
  state {{ method = method.aes_gcm.m }}
}}
"""


class SecretPlace:
    label = "kubernetes"

    def __init__(self):
        self.block = backends.Kube.block()
        name = f"tfstate-default-s{backends.Kube.names}"
        self.paths = [f"/api/v1/namespaces/default/secrets/{name}",
                      f"/apis/coordination.k8s.io/v1/namespaces/default/leases/lock-{name}"]

    def reset(self):
        for path in self.paths:
            try:
                backends.Kube.api("DELETE", path)
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise

    @staticmethod
    def close():
        if backends.Kube.dir:
            backends.Kube.server("stop")
            shutil.rmtree(backends.Kube.dir, ignore_errors=True)
            backends.Kube.dir = None


class FilePlace:
    """Within the project."""
    label = "a state file"
    block = 'backend "local" { path = "x.tfstate" }'

    def reset(self):
        pass

    @staticmethod
    def close():
        pass


class DatabasePlace(FilePlace):
    label = "the database"
    block = ""


def stop(server):
    if server.process:
        server.process.kill()
        server.process.wait()
        server.process = None


def kept_in(place, text):
    return (backend(place.block) if place.block else "") + text


class Remote(Data):
    """States of one kind of backend, or of two."""
    remote = True
    kinds = []

    def open(self):
        self.places = [kind() for kind in self.kinds]

    def close(self):
        for kind in self.kinds:
            kind.close()

    def reset(self):
        for place in self.places:
            place.reset()

    def scenarios(self):
        first, found = self.places[0], []
        for place in self.places:
            found.append(Scenario(f"apply on {place.label}", kept_in(place, data(2)), kept_in(place, data(3, "w")), APPLY))
        here, there = data(3), kept_in(first, data(3))
        return found + [
            Scenario("destroy", there, there, DESTROY, destroys=True),
            Scenario(f"to {first.label}", here, there, MIGRATE, again=MIGRATE),
            Scenario(f"from {first.label}", there, here, MIGRATE, again=MIGRATE),
        ]


class Http(Remote):
    name = "http"
    kinds = [HttpPlace]


class S3(Remote):
    name = "s3"
    kinds = [S3Place, TablePlace]


class Pg(Remote):
    name = "pg"
    kinds = [PgPlace, PgRowsPlace, PgSealedPlace]


class KubernetesBackend(Remote):
    name = "kubernetes-backend"
    kinds = [SecretPlace]


class Migration(Remote):
    """Between any two backends; those whose servers are not here are left out."""
    name = "migration"
    kinds = [DatabasePlace, FilePlace, HttpPlace, S3Place, PgPlace, PgRowsPlace, SecretPlace]

    def open(self):
        self.places = []
        for kind in self.kinds:
            try:
                self.places.append(kind())
            except backends.Skip as why:
                print(f"migration: without {kind.label}: {why}")

    def scenarios(self):
        return [Scenario(f"from {a.label} to {b.label}", kept_in(a, data(3)), kept_in(b, data(3)), MIGRATE, again=MIGRATE)
                for a in self.places for b in self.places if a != b]

    def outside(self, s):
        super().outside(s)
        if len(self.instances()) != 4:
            raise Trouble(f"{len(self.instances())} objects, not 4")


class Local(Campaign):
    name = "local"
    claims = False  # a file that the power cut took is another one afterwards, with the same id

    def text(self, count, value):
        return f"""
resource "random_id" "r" {{
  count       = {count}
  byte_length = 4
  keepers     = {{ v = "{value}" }}
}}
resource "null_resource" "n" {{
  triggers = {{ all = join(",", random_id.r[*].hex) }}
}}
resource "local_file" "f" {{
  count    = {count}
  filename = "files/f${{count.index}}"
  content  = "${{random_id.r[count.index].hex}}\\n"
}}
"""

    def scenarios(self):
        return [
            Scenario("first apply", None, self.text(3, 1), APPLY),
            Scenario("growing", self.text(2, 1), self.text(4, 2), APPLY),
            Scenario("shrinking", self.text(5, 1), self.text(2, 1), APPLY),
            Scenario("destroy", self.text(4, 1), self.text(4, 1), DESTROY, destroys=True),
        ]

    def outside(self, s):
        files = {f"files/{p.name}": p.read_text() for p in (self.folder() / "files").glob("*")}
        recorded = {a["filename"]: a["content"] for n, a in self.instances().items() if n.startswith("local_file")}
        if files != recorded:
            raise Trouble(f"files {files}\nstate {recorded}")


class Rollback(Local):
    """An apply that fails and takes back what it did, and one that is taken back on demand."""
    name = "rollback"

    def scenarios(self):
        fails = """
resource "terraform_data" "bad" {
  input      = "bad"
  depends_on = [local_file.f]
  provisioner "local-exec" {
    command = "exit 1"
  }
}
"""
        back = ["rollback", "-auto-approve", "-no-color", "-input=false"]
        few, many = self.text(2, 1), self.text(4, 2)
        return [
            Scenario("failed apply", few, many + fails, APPLY + ["-rollback-on-failure"], final=few, status=1),
            Scenario("failed first apply", None, few + fails, APPLY + ["-rollback-on-failure"], final=few, status=1),
            Scenario("rollback", few, many, back, final=few),
        ]

    def begin(self, s):
        super().begin(s)
        if s.label == "rollback":
            run(self.folder(), *APPLY)


class Aws(Campaign):
    name = "aws"
    remote = True

    def text(self, count, value):
        return f"""
provider "aws" {{
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
}}
resource "aws_vpc" "v" {{
  cidr_block = "10.7.0.0/16"
  tags       = {{ Name = "killed" }}
}}
resource "aws_subnet" "s" {{
  count      = {count}
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.7.${{count.index}}.0/24"
  tags       = {{ v = "{value}" }}
}}
resource "aws_ecs_cluster" "c" {{
  name = "killed"
  tags = {{ v = "{value}" }}
}}
resource "aws_ecs_task_definition" "t" {{
  family                = "killed"
  container_definitions = jsonencode([{{ name = "c", image = "i:{value}", memory = 64, essential = true }}])
}}
"""

    def open(self):
        if not shutil.which("moto_server"):
            raise backends.Skip("moto_server is not installed")
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # reading them takes seconds after each reset
        backends.S3.block()
        self.url = f"http://127.0.0.1:{backends.S3.port}"
        os.environ["AWS_ENDPOINT_URL"] = self.url

    def close(self):
        os.environ.pop("AWS_ENDPOINT_URL", None)
        stop(backends.S3)

    def scenarios(self):
        return [
            Scenario("first apply", None, self.text(2, 1), APPLY),
            Scenario("changing", self.text(1, 1), self.text(3, 2), APPLY),
            Scenario("destroy", self.text(2, 1), self.text(2, 1), DESTROY, destroys=True),
        ]

    def reset(self):
        urllib.request.urlopen(urllib.request.Request(self.url + "/moto-api/reset", method="POST"))

    def ask(self, service, body, headers):
        credential = f"test/20260101/us-east-1/{service}/aws4_request"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
        request = urllib.request.Request(self.url, data=body.encode(), headers=headers)
        return urllib.request.urlopen(request).read().decode()

    def query(self, words, pattern):
        return re.findall(pattern, self.ask("ec2", f"Version=2016-11-15&{words}",
                                            {"Content-Type": "application/x-www-form-urlencoded"}))

    def active_clusters(self):
        """What was deleted is listed for a while, as inactive."""
        listed = json.dumps({"clusters": self.list("ListClusters", "clusterArns")})
        return [c["clusterArn"] for c in self.list("DescribeClusters", "clusters", listed) if c["status"] == "ACTIVE"]

    def list(self, operation, member, body="{}"):
        target = f"AmazonEC2ContainerServiceV20141113.{operation}"
        return json.loads(self.ask("ecs", body, {"X-Amz-Target": target,
                                                 "Content-Type": "application/x-amz-json-1.1"}))[member]

    def there(self):
        default = "Filter.1.Name={}&Filter.1.Value.1=false"
        return sorted(self.query("Action=DescribeVpcs&" + default.format("is-default"), "<vpcId>(.*?)</vpcId>") +
                      self.query("Action=DescribeSubnets&" + default.format("default-for-az"),
                                 "<subnetId>(.*?)</subnetId>") +
                      self.active_clusters() +
                      self.list("ListTaskDefinitions", "taskDefinitionArns"))

    def outside(self, s):
        recorded = sorted(a["arn"] if n.startswith("aws_ecs") else a["id"] for n, a in self.instances().items())
        if recorded != self.there():
            raise Trouble(f"servers {self.there()}\nstate {recorded}")


class Kubernetes(Campaign):
    name = "kubernetes"
    remote = True

    def open(self):
        assets, unpack = os.environ.get("KUBEBUILDER_ASSETS"), ROOT.parent / "shared/envtest/unpack.sh"
        if not assets and unpack.exists():
            assets = WORK / "assets"
            subprocess.run([unpack, "136", assets], check=True)
        if not assets or not shutil.which("kubectl"):
            raise backends.Skip("no kube-apiserver (KUBEBUILDER_ASSETS) or no kubectl")
        self.run_folder = WORK / "kubernetes"
        self.run_folder.mkdir(exist_ok=True)
        subprocess.run([ROOT / "tests/kubernetes/server.sh", "start", self.run_folder], check=True,
                       env=dict(os.environ, KUBEBUILDER_ASSETS=str(assets)))
        os.environ["KUBECONFIG"] = os.environ["KUBE_CONFIG_PATH"] = str(self.run_folder / "kubeconfig")

    def close(self):
        if hasattr(self, "run_folder"):
            subprocess.run([ROOT / "tests/kubernetes/server.sh", "stop", self.run_folder])

    def kubectl(self, *args):
        return subprocess.run(["kubectl", *args], check=True, text=True, capture_output=True).stdout

    def reset(self):
        self.kubectl("delete", "configmaps,secrets,services", "-l", "campaign=fault", "--wait=true")

    def text(self, count, value):
        return f"""
terraform {{
  required_providers {{
    kubernetes = {{ source = "hashicorp/kubernetes" }}
  }}
}}
resource "kubernetes_manifest" "cm" {{
  count    = {count}
  manifest = {{
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = {{ name = "killed-${{count.index}}", namespace = "default", labels = {{ campaign = "fault" }} }}
    data       = {{ v = "{value}" }}
  }}
}}
resource "kubernetes_manifest" "service" {{
  manifest = {{
    apiVersion = "v1"
    kind       = "Service"
    metadata   = {{ name = "killed", namespace = "default", labels = {{ campaign = "fault" }} }}
    spec       = {{ ports = [{{ port = 80, protocol = "TCP", targetPort = 80 }}], selector = {{ v = "{value}" }} }}
  }}
}}
"""

    def scenarios(self):
        return [
            Scenario("first apply", None, self.text(2, 1), APPLY),
            Scenario("changing", self.text(1, 1), self.text(3, 2), APPLY),
            Scenario("destroy", self.text(2, 1), self.text(2, 1), DESTROY, destroys=True),
        ]

    def outside(self, s):
        there = json.loads(self.kubectl("get", "configmaps,services", "-l", "campaign=fault", "-o", "json"))["items"]
        names = sorted(f"{i['kind']}/{i['metadata']['name']}" for i in there)
        objects = [a["manifest"]["value"] if "value" in a["manifest"] else a["manifest"]
                   for a in self.instances().values()]
        recorded = sorted(f"{o['kind']}/{o['metadata']['name']}" for o in objects)
        if names != recorded:
            raise Trouble(f"servers {names}\nstate {recorded}")


# ---- running ----


class Chance(random.Random):
    survives = 0.0


def faults_of(fault, n):
    """What the shim is told for point n."""
    if fault == "errors":
        return [{"FAULT_ERROR": f"EIO:{n}"}, {"FAULT_ERROR": f"ENOSPC:{n}+"}, {"FAULT_ERROR": f"EINTR:{n}"},
                {"FAULT_SHORT": str(n % 3 + 1)}, {"FAULT_ERROR": f"EIO:{n}+"}][n % 5]
    if fault == "network":
        return {"FAULT_ERROR": f"ECONNRESET:{n}{'+' if n % 2 else ''}"}
    if fault == "clock":
        return {"FAULT_CLOCK": f"{86400 if n % 2 else -86400}:{n}"}
    return {"FAULT_KILL": f"{n}{'+' if n % 2 else ''}"}


def one(c, s, n, fault):
    """Lets the scenario fail at point n. Whether it did, and whether the next run told of a recovery."""
    c.prepare(s)
    disk = Disk(c.folder()) if fault == "power" else None
    faults = faults_of(fault, n)
    if disk:
        faults["FAULT_SHADOW"] = str(disk.shadow)
    status, said, _ = shimmed(c.folder(), s.command, **faults)
    if disk:
        chance = Chance(n)
        chance.survives = 0.5 if n % 4 >= 2 else 0.0
        disk.cut(chance)
    try:
        harmless = "FAULT_SHORT" in faults or fault == "clock"
        if status not in (0, 1, -9) or (harmless and status != s.status):
            raise Trouble(f"the run ended with {status}")
        again = c.settle(s)
        c.agree(s, said)
    except Trouble as trouble:
        raise Trouble(f"{trouble}\n---- {faults}: the run that was disturbed said\n{said}") from None
    return status != s.status, "Recovered from" in again


def campaign(c, runs, fault, keep):
    c.open()
    scenarios = c.scenarios()
    for s in scenarios:
        c.prepare(s)
        status, said, s.points = shimmed(c.folder(), s.command)
        if status != s.status:
            raise Trouble(f"{c.name}, {s.label}: {said}")
    total = sum(s.points for s in scenarios)
    every = [(s, n) for s in scenarios for n in range(1, s.points + 1)]
    step = max(1.0, total / runs) if runs <= total else total / runs
    chosen = [every[int(i * step) % total] for i in range(runs)]
    killed = recovered = failed = passed = 0
    for i, (s, n) in enumerate(chosen):
        if i >= total:
            n += 1  # the other side of the point
        if i and i % 100 == 0:
            print(f"{c.name}: {i} runs", file=sys.stderr, flush=True)
        try:
            died, found = one(c, s, n, fault)
            killed += died
            recovered += found
            passed += 1
        except (Trouble, subprocess.TimeoutExpired) as trouble:
            failed += 1
            print(f"FAILED: {c.name}, {s.label}, point {n} of {s.points}:")
            print(textwrap.indent(str(trouble), "    "), flush=True)
            if keep:
                shutil.copytree(c.folder(), pathlib.Path(keep) / f"{c.name}-{s.label}-{n}".replace(" ", "-"),
                                symlinks=True, dirs_exist_ok=True)
            if failed >= 5:
                break
    print(f"{c.name}, {fault}: {passed + failed} runs over {total} points, {killed} broken off, "
          f"{recovered} left something to recover, {c.doubts} something in doubt, {failed} failed", flush=True)
    return passed, failed


def concurrent(n):
    """Each run makes an object of its own."""
    folder = WORK / "project"
    folder.mkdir()
    (folder / "main.tf").write_text(f"""
resource "terraform_data" "a" {{
  for_each = toset([for i in range({n}) : "k${{i}}"])
  input    = each.key
}}
""")
    run(folder, *INIT)
    runs, failed = [], 0
    for i in range(n):
        said = open(WORK / f"said-{i}", "w+", encoding="utf-8")
        command = [IAC, *APPLY, f'-target=terraform_data.a["k{i}"]', "-lock-timeout=" + ("600s" if i % 4 else "1s")]
        runs.append((subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=environment()), said))
    busy = 0
    for i, (process, said) in enumerate(runs):
        status = process.wait()
        said.seek(0)
        text = said.read()
        if status != 0 and "Error acquiring the state lock" in text:
            busy += 1
        elif status != 0:
            failed += 1
            print(f"FAILED: run {i} ended with {status}:\n{textwrap.indent(text, '    ')}")
        made = re.search(r"Creation complete after .* \[id=(.*)\]", text)
        runs[i] = made.group(1) if made else None
    state = json.loads(run(folder, "state", "pull"))
    have = {i["index_key"]: i["attributes"]["id"] for r in state.get("resources", []) for i in r["instances"]}
    want = {f"k{i}": identity for i, identity in enumerate(runs) if identity}
    if have != want:
        failed += 1
        print(f"FAILED: state and runs differ: {set(have.items()) ^ set(want.items())}")
    run(folder, "state", "check")
    print(f"concurrent: {n} runs, {len(want)} succeeded, {busy} found the state locked, {failed} failed")
    return n - failed, failed


CAMPAIGNS = [Data, Local, Rollback, Http, S3, Pg, KubernetesBackend, Migration, Aws, Kubernetes]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--fault", choices=["kill", "power", "errors", "network", "clock"], default="kill")
    parser.add_argument("--concurrent", type=int, default=0)
    parser.add_argument("--keep", help="folder for projects of failed runs")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed = failed = skipped = 0
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu17", "-O1", "-shared", "-fPIC", "-o", str(SHIM),
                    str(HERE / "shim.c"), "-ldl", "-lpthread"], check=True)
    try:
        if options.concurrent:
            passed, failed = concurrent(options.concurrent)
        for kind in CAMPAIGNS if not options.concurrent else []:
            if options.names and kind.name not in options.names:
                continue
            c = kind()
            try:
                good, bad = campaign(c, options.runs, options.fault, options.keep)
                passed, failed = passed + good, failed + bad
            except backends.Skip as why:
                skipped += 1
                print(f"skipped: {c.name}: {why}")
            except Trouble as trouble:
                failed += 1
                print(f"FAILED: {trouble}")
            finally:
                c.close()
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
