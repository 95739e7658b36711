#!/usr/bin/env python3
"""Cases of the backends. The last line is "N passed, N failed, N skipped". An argument: only cases whose names hold it."""
import base64
import concurrent.futures
import datetime
import errno
import gzip
import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
IAC = os.environ.get("IAC", str(HERE.parents[1] / "build/iac"))
TERRAFORM = shutil.which("terraform")
RESOURCES = """
variable "n" { default = 3 }
resource "terraform_data" "a" {
  count = var.n
  input = "v${count.index}"
}
output "o" { value = terraform_data.a[*].output }
"""
GATED = """
resource "terraform_data" "gated" {
  input = "x"
  provisioner "local-exec" { command = "echo begun; until [ -e go ]; do sleep 0.05; done" }
}
"""
PATIENCE = 120  # seconds that may be waited for what comes in one on an idle machine
cases = []


class Skip(Exception):
    pass


def case(function):
    cases.append(function)
    return function


def wait_until(condition, what):
    """What the condition gives, once that is something."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"never {what}")
        time.sleep(0.05)
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_moto():
    """(process, port): the server chooses the port, and tells it."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", "0"], stdout=log, stderr=log)

        def port():
            log.seek(0)
            return re.search(rb"Running on http://127\.0\.0\.1:(\d+)", log.read()) or process.poll() is not None

        found = wait_until(port, "listening")
        assert found is not True, "moto_server does not start"
        return process, int(found[1])


# How a lost connection, or a server that failed, is told by Terraform.
DISTURBED = re.compile(r"connection reset|connection refused|broken pipe|\bEOF\b|i/o timeout|request send failed|"
                       r"StatusCode: (0|5\d\d)\b")


def own_lock(output, begun):
    """The ID of the lock that kept Terraform out, if the same run had taken it: its first request to do so was carried
    out but not answered, and was repeated."""
    flat = " ".join(output.replace("│", " ").split())
    found = re.search(r"Error acquiring the state lock.*?Lock Info: ID: (\S+).*?Operation: OperationType.*?"
                      r"Created: (\S+ [\d:]+)(?:\.\d+)? \+0000 UTC", flat)
    if not found:
        return None
    created = datetime.datetime.fromisoformat(found[2] + "+00:00").timestamp()
    return found[1] if created >= int(begun) else None


class Dir:
    """A working directory with a configuration."""

    def __init__(self, backend="", text=RESOURCES):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="iac-backend-"))
        self.env = dict(os.environ, TF_IN_AUTOMATION="1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                        TF_CLI_CONFIG_FILE="/dev/null", CHECKPOINT_DISABLE="1", AWS_EC2_METADATA_DISABLED="true")
        for name in [n for n in self.env if n.startswith(("TF_HTTP_", "KUBE", "PG")) or n in ("AWS_CA_BUNDLE", "TF_WORKSPACE")]:
            del self.env[name]
        self.configure(backend, text)

    def configure(self, backend, text=RESOURCES):
        block = f"terraform {{\n{backend}\n}}\n" if backend else ""
        (self.path / "main.tf").write_text(block + text)

    def execute(self, program, *args, stdin="", env=None):
        done = subprocess.run([program, *args], cwd=self.path, input=stdin, text=True, capture_output=True,
                              env=dict(self.env, **(env or {})), timeout=300)
        return done.returncode, done.stdout + done.stderr

    def run(self, program, *args, status=0, **kw):
        ended, output = self.execute(program, *args, **kw)
        assert status is None or ended == status, f"{program} {' '.join(args)}: {ended}\n{output}"
        return output

    def iac(self, *args, **kw):
        return self.run(IAC, *args, **kw)

    def terraform(self, *args, **kw):
        """What fails because of the connection between Terraform and an emulator is tried again, and says nothing of us."""
        if not TERRAFORM:
            raise Skip("terraform is not installed")
        wanted = kw.pop("status", 0)
        for _ in range(4):
            begun = time.time()
            ended, output = self.execute(TERRAFORM, *args, "-no-color", **kw)
            if wanted is None or ended == wanted:
                return output
            lock = own_lock(output, begun)
            if lock:
                self.execute(TERRAFORM, "force-unlock", "-force", lock)
            elif not DISTURBED.search(output):
                raise AssertionError(f"terraform {' '.join(args)}: {ended}\n{output}")
        raise Skip(f"terraform {args[0]} fails by itself: {output}")

    def start(self, program, *args):
        return subprocess.Popen([program, *args], cwd=self.path, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)


def no_change(output):
    assert "No changes" in output, output


class Http:
    """The http server; one for all cases."""
    process = None
    port = 0
    names = 0

    @classmethod
    def block(cls, lock=True, retries=3):
        if not cls.process:
            cls.process = subprocess.Popen([sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True)
            cls.port = int(cls.process.stdout.readline())
        cls.names += 1
        cls.url = f"http://127.0.0.1:{cls.port}/s{cls.names}"
        cls.control("clear")
        locks = f'lock_address = "{cls.url}"\nunlock_address = "{cls.url}"' if lock else ""
        return f'backend "http" {{\naddress = "{cls.url}"\n{locks}\nretry_wait_min = 0\nretry_max = {retries}\n}}'

    @classmethod
    def control(cls, words):
        request = urllib.request.Request(f"http://127.0.0.1:{cls.port}/-/{words}", method="POST")
        return json.loads(urllib.request.urlopen(request).read())

    @classmethod
    def state(cls):
        return json.loads(urllib.request.urlopen(cls.url).read())


class S3:
    """moto_server; one for all cases."""
    process = None
    names = 0

    @classmethod
    def block(cls, more="use_lockfile = true"):
        if not shutil.which("moto_server"):
            raise Skip("moto_server is not installed")
        if not cls.process:
            cls.process, cls.port = start_moto()
            cls.fill()
        cls.names += 1
        cls.key = f"dir/s{cls.names}.tfstate"
        url = f"http://127.0.0.1:{cls.port}"
        return (f'backend "s3" {{\nbucket = "states"\nkey = "{cls.key}"\nregion = "us-east-1"\nuse_path_style = true\n'
                f'endpoints = {{ s3 = "{url}", dynamodb = "{url}", sts = "{url}" }}\n'
                'skip_credentials_validation = true\nskip_requesting_account_id = true\n'
                f'skip_region_validation = true\nskip_metadata_api_check = true\n{more}\n}}')

    @classmethod
    def fill(cls):
        cls.ask("s3", "PUT", "/states")
        cls.dynamodb("CreateTable", {
            "TableName": "locks", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}]})

    @classmethod
    def ask(cls, service, method, path, body=None, **headers):
        """A request that is not really signed. The answer's headers and body."""
        headers.setdefault("Content_Type", "application/octet-stream")
        headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, "
                                    "SignedHeaders=host, Signature=0")
        request = urllib.request.Request(f"http://127.0.0.1:{cls.port}{path}", method=method, headers={
            name.replace("_", "-"): value for name, value in headers.items()},
            data=body.encode() if isinstance(body, str) else body)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.headers, answer.read()

    @classmethod
    def dynamodb(cls, operation, body):
        return cls.ask("dynamodb", "POST", "/", json.dumps(body), X_Amz_Target=f"DynamoDB_20120810.{operation}",
                       Content_Type="application/x-amz-json-1.0")

    @classmethod
    def state(cls, key=None):
        return json.loads(cls.ask("s3", "GET", f"/states/{key or cls.key}")[1])


class Pg:
    """A PostgreSQL server on loopback; one for all cases. It does not run as root."""
    process = None
    names = 0

    @classmethod
    def program(cls, name):
        found = shutil.which(name) or next(iter(sorted(map(str, pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))), None)
        if not found:
            raise Skip(f"{name} is not installed")
        return found

    @classmethod
    def start(cls):
        nobody = {}
        if os.getuid() == 0:
            nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        if not cls.process:
            cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="iac-pg-"))
            cls.port = free_port()
            if nobody:
                shutil.chown(cls.dir, "nobody", "nogroup")
            subprocess.run([cls.program("initdb"), "-D", cls.dir / "d", "-A", "trust", "-U", "postgres", "--no-sync"], check=True,
                           stdout=subprocess.DEVNULL, cwd="/", **nobody)
        cls.process = subprocess.Popen([cls.program("postgres"), "-D", cls.dir / "d", "-p", str(cls.port), "-h", "127.0.0.1",
                                        "-k", cls.dir, "-c", "fsync=off"], stdout=subprocess.DEVNULL, cwd="/",
                                       stderr=open(cls.dir / "log", "ab"), **nobody)
        psql = [cls.program("psql"), "-qc", "select", cls.url("postgres")]
        wait_until(lambda: subprocess.run(psql, capture_output=True).returncode == 0, "answered by the server")

    @classmethod
    def stop(cls):
        cls.process.send_signal(signal.SIGINT)
        cls.process.wait()

    @classmethod
    def url(cls, name, port=None):
        return f"postgres://postgres@127.0.0.1:{port or cls.port}/{name}?sslmode=disable"

    @classmethod
    def block(cls, more="", port=None, again=False):
        if not cls.process:
            cls.start()
        if not again:
            cls.names += 1
            cls.sql(f"create database d{cls.names}", "postgres")
        return f'backend "pg" {{\nconn_str = "{cls.url(f"d{cls.names}", port)}"\n{more}\n}}'

    @classmethod
    def sql(cls, text, name=None):
        done = subprocess.run([cls.program("psql"), "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text, cls.url(name or f"d{cls.names}")],
                              text=True, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @classmethod
    def state(cls, name="default", schema="terraform_remote_state"):
        return json.loads(cls.sql(f"select data from {schema}.states where name = '{name}'"))


class Kube:
    """An API server on loopback (tests/kubernetes/server.sh); one for all cases."""
    dir = None
    names = 0

    @classmethod
    def start(cls):
        assets = os.environ.get("KUBEBUILDER_ASSETS")
        envtest = HERE.parents[2] / "shared/envtest/unpack.sh"
        if not assets and not envtest.exists():
            raise Skip("no API server: set KUBEBUILDER_ASSETS")
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="iac-kube-"))
        if not assets:
            assets = cls.dir / "all"
            subprocess.run([envtest, "136", assets], check=True, capture_output=True)
        (cls.dir / "bin").mkdir()
        for name in ("etcd", "kube-apiserver"):  # controllers have nothing to do here
            (cls.dir / "bin" / name).symlink_to(pathlib.Path(assets) / name)
        cls.server("start")
        cls.config = cls.dir / "run/kubeconfig"
        cls.url = cls.config.read_text().split('server: "')[1].split('"')[0]

    @classmethod
    def server(cls, verb):
        subprocess.run([HERE.parent / "kubernetes/server.sh", verb, cls.dir / "run"], check=True, capture_output=True,
                       env=dict(os.environ, KUBEBUILDER_ASSETS=str(cls.dir / "bin")))

    @classmethod
    def block(cls, more="", again=False):
        if not cls.dir:
            cls.start()
        if not again:
            cls.names += 1
        return f'backend "kubernetes" {{\nsecret_suffix = "s{cls.names}"\nconfig_path = "{cls.config}"\n{more}\n}}'

    @classmethod
    def api(cls, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(cls.url + path, method=method, data=json.dumps(body).encode() if body else None,
                                         headers={"Authorization": "Bearer admin-token", "Content-Type": kind})
        with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
            return json.loads(answer.read())

    @classmethod
    def secret(cls, workspace="default", namespace="default"):
        return cls.api("GET", f"/api/v1/namespaces/{namespace}/secrets/tfstate-{workspace}-s{cls.names}")

    @classmethod
    def state(cls, **kw):
        return json.loads(gzip.decompress(base64.b64decode(cls.secret(**kw)["data"]["tfstate"])))

    @classmethod
    def hold(cls, info, manager="other"):
        """A lock as another run leaves it."""
        cls.api("PATCH", "/apis/coordination.k8s.io/v1/namespaces/default/leases/lock-tfstate-default-"
                f"s{cls.names}?fieldManager={manager}", {
                    "metadata": {"annotations": {"app.terraform.io/lock-info": json.dumps(info)}},
                    "spec": {"holderIdentity": info["ID"]}}, "application/merge-patch+json")


class Relay:
    """Between a client and a server, to cut the connections there are; keep_server: the server does not learn of it."""

    def __init__(self, port):
        self.target = port
        self.pairs = []
        self.silent = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        listener = self.listener
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self.pairs.append((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    def pump(self, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            if s is a or not ((a, b) in self.pairs and self.silent):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def cut(self, keep_server=False):
        self.silent = keep_server
        for client, server in self.pairs:
            for s in (client,) if keep_server else (client, server):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        if not keep_server:
            self.pairs = []


def locked(d):
    def found():
        said = json.loads(d.iac("lock", "status", "-json"))
        return said if said["locked"] else None
    return wait_until(found, "locked")


def ask(d, *args):
    """Starts an apply, which now asks with the lock held."""
    run = d.start(IAC, "apply", *args)
    while "Only 'yes'" not in (line := run.stdout.readline()):
        assert line, "the run ended"
    return run


def both_ways(d):
    """What one wrote, the other plans no change for."""
    d.iac("init")
    d.iac("apply", "-auto-approve")
    d.terraform("init")
    no_change(d.terraform("plan"))
    d.terraform("apply", "-auto-approve", "-replace=terraform_data.a[1]")
    no_change(d.iac("plan"))
    d.iac("apply", "-auto-approve", "-var=n=2")
    no_change(d.terraform("plan", "-var=n=2"))


# ---- local ----


@case
def local_both_ways():
    both_ways(Dir('backend "local" { path = "sub/x.tfstate" }'))


@case
def local_init_required():
    d = Dir('backend "local" { path = "x.tfstate" }')
    assert "Initial configuration of the requested backend" in d.iac("plan", status=1)
    d.iac("init")
    d.configure('backend "local" { path = "y.tfstate" }')
    assert "Backend configuration block has changed" in d.iac("plan", status=1)
    assert "Backend configuration changed" in d.iac("init", status=1)
    d.iac("init", "-reconfigure")
    d.configure("")
    assert "Unsetting the previously set backend" in d.iac("plan", status=1)


@case
def local_state_options():
    d = Dir()
    d.iac("apply", "-auto-approve", "-state=a.tfstate")
    d.iac("apply", "-auto-approve", "-state=a.tfstate", "-state-out=b.tfstate", "-var=n=2")
    assert len(json.loads((d.path / "b.tfstate").read_text())["resources"][0]["instances"]) == 2
    assert len(json.loads((d.path / "a.tfstate").read_text())["resources"][0]["instances"]) == 3
    d.iac("apply", "-auto-approve", "-state=a.tfstate", "-var=n=1", "-backup=kept")
    assert len(json.loads((d.path / "kept").read_text())["resources"][0]["instances"]) == 3
    assert d.iac("state", "list", "-state=a.tfstate").split() == ["terraform_data.a[0]"]
    no_change(d.terraform("plan", "-state=a.tfstate", "-var=n=1"))


@case
def local_locks():
    d = Dir('backend "local" { path = "x.tfstate" }')
    d.iac("init")
    d.iac("apply", "-auto-approve")
    d.terraform("init")
    holder = d.start(IAC, "console")  # takes none
    holder.kill()
    holder.communicate()
    program = ("import fcntl,sys,time\nf=open('x.tfstate','r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint('held',flush=True)\n"
               "time.sleep(60)\n")
    other = d.start(sys.executable, "-c", program)
    other.stdout.readline()
    assert "Error acquiring the state lock" in d.iac("plan", status=1)
    assert json.loads(d.iac("lock", "status", "-json"))["locked"]
    other.kill()
    other.communicate()
    no_change(d.iac("plan"))
    assert not json.loads(d.iac("lock", "status", "-json"))["locked"]


# ---- http ----


@case
def http_both_ways():
    both_ways(Dir(Http.block()))


@case
def http_locks():
    d = Dir(Http.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    request = urllib.request.Request(Http.url, method="LOCK", data=json.dumps(
        {"ID": "11111111-2222", "Operation": "OperationTypeApply", "Who": "someone@there", "Version": "1.11.4",
         "Created": "2026-01-01T00:00:00Z", "Info": "", "Path": ""}).encode())
    urllib.request.urlopen(request)
    output = d.iac("plan", status=1)
    assert "someone@there" in output and "11111111-2222" in output, output
    d.iac("force-unlock", "-force", "11111111-2222")
    no_change(d.iac("plan"))


@case
def http_server_errors():
    d = Dir(Http.block())
    d.iac("init")
    for fault in ("500", "cut", "drop", "slow"):
        Http.control(f"fault/{fault}/2")
        d.iac("apply", "-auto-approve", f"-replace=terraform_data.a[{len(fault) % 3}]", status=None)
        Http.control("clear")
        lock = Http.control("show")["locks"].get(Http.url[Http.url.rindex("/"):])
        if lock:  # taken by a request whose answer was lost, and given up
            d.iac("force-unlock", "-force", json.loads(lock)["ID"])
        d.iac("apply", "-auto-approve")
        no_change(d.iac("plan"))
    assert not Http.state().get("iac")


@case
def http_upload_fails_and_resumes():
    d = Dir(Http.block(retries=0))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    serial = Http.state()["serial"]
    # lock and read succeed; everything after fails
    Http.control("fault/ok/2")
    Http.control("fault/500/50")
    output = d.iac("state", "rm", "terraform_data.a[2]", status=1)
    assert "Failed to persist state to backend" in output and "errored.tfstate" in output, output
    Http.control("clear")
    held = Http.control("show")["locks"].get(Http.url[Http.url.rindex("/"):])
    d.iac("plan", status=None)  # the lock of a process that is gone is taken over, and the upload resumed
    assert Http.state()["serial"] > serial and len(Http.state()["resources"][0]["instances"]) == 2, held
    assert d.iac("state", "list").split() == ["terraform_data.a[0]", "terraform_data.a[1]"]


@case
def http_diverged():
    d = Dir(Http.block(retries=0))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    Http.control("fault/ok/2")
    Http.control("fault/500/50")
    d.iac("state", "rm", "terraform_data.a[2]", status=1)
    Http.control("clear")
    other = Dir()
    (other.path / "main.tf").write_text((d.path / "main.tf").read_text())
    other.iac("init")
    held = Http.control("show")["locks"].get(Http.url[Http.url.rindex("/"):])
    if held:
        other.iac("force-unlock", "-force", json.loads(held)["ID"])
    other.iac("apply", "-auto-approve", "-var=n=5")
    output = d.iac("plan", status=1)
    assert "changed elsewhere" in output, output
    assert len(Http.state()["resources"][0]["instances"]) == 5
    saved = [f for f in d.path.glob("errored*.tfstate")]
    assert any(len(json.loads(f.read_text())["resources"][0]["instances"]) == 2 for f in saved), saved
    no_change(d.iac("plan", "-var=n=5"))


# ---- s3 ----


@case
def s3_both_ways():
    both_ways(Dir(S3.block()))


@case
def s3_table_both_ways():
    both_ways(Dir(S3.block('dynamodb_table = "locks"')))


@case
def s3_encrypted():
    d = Dir(S3.block('use_lockfile = true\nencrypt = true\nkms_key_id = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"'))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    head = S3.ask("s3", "HEAD", f"/states/{S3.key}")[0]
    assert head["x-amz-server-side-encryption"] == "aws:kms", head


REFUSED = [
    ('endpoint = "http://127.0.0.1:1"', 'The parameters "endpoint" and "endpoints.s3" cannot be configured together.'),
    ("force_path_style = true", "Only one of force_path_style, use_path_style can be set."),
    ('ec2_metadata_service_endpoint_mode = "ipv6"', "Value must be one of [IPv4, IPv6]"),
    ('ec2_metadata_service_endpoint = "bogus"', 'a valid URL containing at least a scheme and hostname. Had "bogus"'),
    ('http_proxy = "::bad"', 'Unable to parse URL: parse "::bad": missing protocol scheme'),
    ('kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/abc"', "Value must be a valid KMS Key ARN"),
    ('kms_key_id = ""', "Value must be a valid KMS Key ID"),
    ('sse_customer_key = "short"', "sse_customer_key must be 44 characters in length"),
    ('workspace_key_prefix = "/x"', 'The value must not start or end with "/"'),
    ('assume_role = { role_arn = "bogus" }', 'The value "bogus" cannot be parsed as an ARN: arn: invalid prefix'),
    ('assume_role = {\nrole_arn = "arn:aws:iam::123456789012:role/r"\nduration = "1s"\n}',
     "Duration must be between 15m0s and 12h0m0s, had 1s"),
    ('custom_ca_bundle = "/nonexistent"', "reading custom CA bundle: open /nonexistent: no such file or directory"),
    ('access_key = "AKIAX"', "static credentials are empty"),
    ('allowed_account_ids = ["1"]', "AWS account ID not allowed:"),
    ('retry_mode = "bogus"', "bogus"),
]


@case
def s3_refused_arguments():
    """What Terraform refuses without asking anybody is refused in its words."""
    d = Dir()
    for line, words in REFUSED + [(None, "The value cannot be empty or all whitespace")]:
        block = S3.block(line or "")
        if not line:
            block = re.sub(r'key = "[^"]*"', 'key = ""', block, count=1)
        d.configure(block)
        for program in filter(None, [IAC, TERRAFORM]):
            shutil.rmtree(d.path / ".terraform", ignore_errors=True)
            ended, output = d.execute(program, "init", "-no-color", "-input=false")
            assert ended == 1 and words in " ".join(output.replace("│", " ").split()), f"{program}: {line}: {output}"


class HttpProxy(http.server.BaseHTTPRequestHandler):
    """A proxy that only notes what it was asked for."""
    asked = []

    def do_GET(self):
        HttpProxy.asked.append(self.path)
        self.send_error(503)

    do_PUT = do_POST = do_GET

    def log_message(self, *args):
        pass


@case
def s3_proxy():
    """http_proxy is for http: URLs; what no_proxy names is asked directly."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HttpProxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = f"http://127.0.0.1:{server.server_port}"
    for more, through in ((f'http_proxy = "{proxy}"\nhttps_proxy = "http://127.0.0.1:1"', True),
                          (f'http_proxy = "{proxy}"\nno_proxy = "example.com,127.0.0.1"', False)):
        d = Dir(S3.block(more + "\nmax_retries = 1"))
        d.iac("init")
        HttpProxy.asked.clear()
        d.iac("plan", "-lock=false", status=1 if through else 0)
        assert bool(HttpProxy.asked) == through, HttpProxy.asked
    server.shutdown()


def held_by(d, put):
    """A lock as Terraform leaves it keeps iac out, and breaking it lets iac in."""
    info = {"ID": "99999999-aaaa", "Operation": "OperationTypeApply", "Info": "", "Who": "someone@there",
            "Version": "1.11.4", "Created": "2026-01-01T00:00:00Z", "Path": f"states/{S3.key}"}
    put(json.dumps(info))
    output = d.iac("plan", status=1)
    assert "someone@there" in output, output
    assert json.loads(d.iac("lock", "status", "-json"))["id"] == info["ID"]
    assert "does not match" in d.iac("force-unlock", "-force", "other", status=1)
    d.iac("force-unlock", "-force", info["ID"])
    no_change(d.iac("plan"))


@case
def s3_locks_of_terraform():
    d = Dir(S3.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    held_by(d, lambda text: S3.ask("s3", "PUT", f"/states/{S3.key}.tflock", text))


@case
def s3_table_locks_of_terraform():
    d = Dir(S3.block('dynamodb_table = "locks"'))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    held_by(d, lambda text: S3.dynamodb("PutItem", {
        "TableName": "locks", "Item": {"LockID": {"S": f"states/{S3.key}"}, "Info": {"S": text}}}))


@case
def s3_table_broken_off():
    """A run that ended between its upload and noting the digest is no fault; another digest that does not fit is."""
    d = Dir(S3.block('dynamodb_table = "locks"'))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    item = {"TableName": "locks", "Key": {"LockID": {"S": f"states/{S3.key}-md5"}}}
    d.iac("apply", "-auto-approve", "-var=n=4")
    noted = json.loads(S3.dynamodb("GetItem", item)[1])["Item"]
    headers, state = S3.ask("s3", "GET", f"/states/{S3.key}")
    before, own = headers["x-amz-meta-iac-step"].split("-")
    assert re.fullmatch("[0-9a-f]{32}", before) and own == noted["Digest"]["S"]
    before = "f" * 32  # as if another state had been there before

    def stored(body, digest):
        S3.ask("s3", "PUT", f"/states/{S3.key}", body, x_amz_meta_iac_step=f"{before}-{own}")
        S3.dynamodb("PutItem", {"TableName": "locks", "Item": dict(noted, Digest={"S": digest})})

    stored(state, before)
    no_change(d.iac("plan", "-var=n=4"))
    assert json.loads(S3.dynamodb("GetItem", item)[1])["Item"] == noted
    for body, digest in [(state, "0" * 32), (state.replace(b"{", b"{ ", 1), before)]:
        stored(body, digest)
        assert "does not have the expected content" in d.iac("plan", "-var=n=4", status=1)
        assert json.loads(S3.dynamodb("GetItem", item)[1])["Item"]["Digest"]["S"] == digest


@case
def s3_killed():
    """A killed run leaves its lock and its intents where the next one, elsewhere, finds them."""
    d = Dir(S3.block(), RESOURCES)
    d.iac("init")
    d.iac("apply", "-auto-approve")
    run = ask(d, "-var=n=4")
    locked(d)
    assert "Error acquiring the state lock" in d.terraform("init", status=None) + d.terraform("plan", status=1)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    no_change(d.iac("plan"))  # the holder is gone on this host


@case
def s3_workspaces():
    d = Dir(S3.block())
    d.iac("init")
    d.iac("workspace", "new", "blue")
    d.iac("apply", "-auto-approve", "-var=n=1")
    assert len(S3.state(f"env:/blue/{S3.key}")["resources"][0]["instances"]) == 1
    d.terraform("init")
    assert "blue" in d.terraform("workspace", "list")
    d.iac("workspace", "select", "default")
    d.iac("workspace", "delete", "-force", "blue")
    assert "blue" not in d.iac("workspace", "list")


@case
def s3_two_writers():
    """Without locks only the condition of the upload keeps two writers apart: who comes second is told."""
    d = Dir(S3.block(""))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    late = ask(d, "-lock=false", "-var=n=4")
    other = Dir()
    (other.path / "main.tf").write_text((d.path / "main.tf").read_text())
    other.iac("init")
    other.iac("apply", "-auto-approve", "-var=n=5")
    output = late.communicate("yes\n")[0]
    assert late.returncode == 1 and "changed by somebody else" in output, output
    assert len(S3.state()["resources"][0]["instances"]) == 5


# ---- pg ----


@case
def pg_both_ways():
    d = Dir(Pg.block())
    both_ways(d)
    assert Pg.state()["resources"][0]["instances"][1:] and Pg.sql("select count(*) from terraform_remote_state.states") == "1"


@case
def pg_terraform_first():
    d = Dir(Pg.block('schema_name = "a \\"b"'))
    d.terraform("init")
    d.terraform("apply", "-auto-approve")
    d.iac("init")
    no_change(d.iac("plan"))


@case
def pg_environment():
    Pg.block()
    d = Dir('backend "pg" {}')
    d.env |= {"PG_CONN_STR": Pg.url(f"d{Pg.names}"), "PG_SCHEMA_NAME": "other"}
    d.iac("init")
    d.iac("apply", "-auto-approve")
    assert len(Pg.state(schema="other")["resources"][0]["instances"]) == 3
    del d.env["PG_CONN_STR"]
    d.env |= {"PGHOST": "127.0.0.1", "PGPORT": str(Pg.port), "PGUSER": "postgres", "PGDATABASE": f"d{Pg.names}"}
    d.iac("init", "-reconfigure")
    no_change(d.iac("plan"))


@case
def pg_locks():
    """Each keeps the other out, and says who it is."""
    d = Dir(Pg.block())
    d.iac("init")
    d.terraform("init")
    run = ask(d)
    assert "locked" in d.terraform("plan", status=1)
    found = locked(d)
    assert found["operation"] == "apply" and found["version"], found
    assert found["id"] in d.iac("plan", status=1)
    assert "does not match" in d.iac("force-unlock", "-force", "other", status=1)
    run.communicate("yes\n")
    assert run.returncode == 0 and not json.loads(d.iac("lock", "status", "-json"))["locked"]
    holder = subprocess.Popen([Pg.program("psql"), "-qAt", Pg.url(f"d{Pg.names}")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    for key in ("(select id from terraform_remote_state.states)", "-1"):
        holder.stdin.write(f"select pg_advisory_lock({key}), 'held';\n")
        holder.stdin.flush()
        assert "held" in holder.stdout.readline()
        output = d.iac("plan", status=1)
        assert "Error acquiring the state lock" in output and "psql" in output and "postgres@127.0.0.1" in output, output
        holder.stdin.write(f"select pg_advisory_unlock({key});\n")
        holder.stdin.flush()
        holder.stdout.readline()
    holder.stdin.write("select pg_advisory_lock(id), 'held' from terraform_remote_state.states;\n")
    holder.stdin.flush()
    holder.stdout.readline()
    d.iac("force-unlock", "-force", locked(d)["id"])
    no_change(d.iac("plan"))
    holder.communicate()


@case
def pg_killed():
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    run = ask(d, "-var=n=4")
    locked(d)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    no_change(d.iac("plan", "-lock-timeout=120s"))


@case
def pg_cut():
    """A connection that is cut is made again with its lock, also while the server still has the one before."""
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    relay = Relay(Pg.port)
    d.configure(Pg.block(port=relay.port, again=True))
    d.iac("init", "-reconfigure")
    for n, keep in ((4, False), (5, True)):
        run = ask(d, f"-var=n={n}")
        relay.cut(keep)
        output = run.communicate("yes\n")[0]
        assert run.returncode == 0, output
        assert len(Pg.state()["resources"][0]["instances"]) == n
    no_change(d.iac("plan", "-var=n=5"))


@case
def pg_cut_and_taken():
    """Who lost the lock with the connection, and finds the state changed, overwrites nothing and loses nothing."""
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    other = Dir(Pg.block(again=True))
    other.iac("init")
    relay = Relay(Pg.port)
    d.configure(Pg.block(port=relay.port, again=True))
    d.iac("init", "-reconfigure")
    run = ask(d, "-var=n=4")
    relay.cut()
    other.iac("apply", "-auto-approve", "-var=n=5", "-lock-timeout=120s")
    output = run.communicate("yes\n")[0]
    assert run.returncode == 1 and "changed by somebody else" in output, output
    assert len(Pg.state()["resources"][0]["instances"]) == 5
    saved = [json.loads(f.read_text()) for f in d.path.glob("errored*.tfstate")]
    assert saved and any(i["index_key"] == 0 for i in saved[0]["resources"][0]["instances"])


@case
def pg_server_away():
    """Changes made while the server is away are saved by the next run."""
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    d.configure(Pg.block(again=True), RESOURCES + GATED)
    run = d.start(IAC, "apply", "-auto-approve")
    while "begun" not in (line := run.stdout.readline()):
        assert line, "the run ended"
    Pg.stop()
    (d.path / "go").touch()
    output = run.communicate()[0]
    assert run.returncode == 1 and "errored.tfstate" in output, output
    output = d.iac("plan", status=1)
    assert "refused" in output and "127.0.0.1" in output, output
    Pg.start()
    no_change(d.iac("plan"))
    assert len(Pg.state()["resources"]) == 2


@case
def pg_workspaces():
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("workspace", "new", "blue")
    d.iac("apply", "-auto-approve", "-var=n=1")
    assert len(Pg.state("blue")["resources"][0]["instances"]) == 1
    d.terraform("init")
    assert "blue" in d.terraform("workspace", "list")
    d.iac("workspace", "select", "default")
    d.iac("workspace", "delete", "-force", "blue")
    assert "blue" not in d.iac("workspace", "list")


@case
def pg_two_writers():
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    late = ask(d, "-lock=false", "-var=n=4")
    other = Dir(Pg.block(again=True))
    other.iac("init")
    other.iac("apply", "-auto-approve", "-var=n=5")
    output = late.communicate("yes\n")[0]
    assert late.returncode == 1 and "changed by somebody else" in output, output
    assert len(Pg.state()["resources"][0]["instances"]) == 5


@case
def pg_refused():
    """What is wrong is said, and passwords are not."""
    Pg.block()
    d = Dir('backend "pg" { conn_str = "postgres://u:s3cret@127.0.0.1:1/x" }')
    output = d.iac("init", status=None) + d.iac("plan", status=1)
    assert "127.0.0.1" in output and "refused" in output and "s3cret" not in output, output
    d.configure('backend "pg" { conn_str = "s3cret words" }')
    output = d.iac("init", "-reconfigure", status=1)
    assert "conn_str" in output and "s3cret" not in output, output
    d.configure(Pg.block("skip_table_creation = true\nskip_schema_creation = true", again=True))
    d.iac("init", "-reconfigure", status=None)
    output = d.iac("apply", "-auto-approve", status=1)
    assert "skip_schema_creation" in output, output


@case
def pg_remote_state():
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    reader = Dir(text=f"""
data "terraform_remote_state" "r" {{
  backend = "pg"
  config = {{ conn_str = "{Pg.url(f"d{Pg.names}")}" }}
}}
output "o" {{ value = data.terraform_remote_state.r.outputs.o[2] }}
""")
    reader.iac("apply", "-auto-approve")
    assert reader.iac("output", "-raw", "o") == "v2"


# ---- pg, resource by resource ----

ROWS = "resource_locks = true"
PAIR = """
variable "a" { default = "1" }
variable "b" { default = "1" }
resource "terraform_data" "a" {
  triggers_replace = var.a
  provisioner "local-exec" { command = "test ! -p a.fifo || cat a.fifo" }
}
resource "terraform_data" "b" { triggers_replace = var.b }
resource "terraform_data" "c" { input = terraform_data.b.id }
"""


def rows_dir(text=RESOURCES, again=False):
    d = Dir(Pg.block(ROWS, again=again), text)
    d.iac("init")
    return d


def held_in_a(d):
    """An apply that replaces a, and is in the middle of that until go_on."""
    os.mkfifo(d.path / "a.fifo")
    run = d.start(IAC, "apply", "-auto-approve", "-var=a=2", "-target=terraform_data.a")
    while True:
        try:
            run.gate = os.open(d.path / "a.fifo", os.O_WRONLY | os.O_NONBLOCK)
            return run
        except OSError as error:  # nobody reads yet
            assert error.errno == errno.ENXIO and run.poll() is None, "the run ended"
            time.sleep(0.02)


def go_on(run, status=0):
    os.close(run.gate)
    output = run.communicate()[0]
    assert run.returncode == status, output
    return output


def names(d):
    return sorted(d.iac("state", "list").split())


@case
def pg_rows_plain():
    """What it is like alone: workspaces, outputs, pull and push, history."""
    d = rows_dir()
    assert "3 to add" in d.iac("plan")
    d.iac("apply", "-auto-approve")
    no_change(d.iac("plan"))
    state = json.loads(d.iac("state", "pull"))
    assert len(state["resources"][0]["instances"]) == 3 and state["outputs"]["o"]["value"] == ["v0", "v1", "v2"]
    assert Pg.sql("select count(*) from terraform_remote_state.iac_objects") == "3"
    d.iac("apply", "-auto-approve", "-var=n=4")
    d.iac("state", "mv", "terraform_data.a[3]", "terraform_data.a[7]")
    d.iac("state", "rm", "terraform_data.a[7]")
    assert len(names(d)) == 3
    (d.path / "old.tfstate").write_text(json.dumps(state))
    d.iac("state", "push", "-force", "old.tfstate")
    assert json.loads(d.iac("state", "pull"))["lineage"] == state["lineage"]
    no_change(d.iac("plan"))
    d.iac("workspace", "new", "blue")
    d.iac("apply", "-auto-approve", "-var=n=1")
    assert len(names(d)) == 1
    d.iac("destroy", "-auto-approve")
    d.iac("workspace", "select", "default")
    d.iac("workspace", "delete", "blue")
    assert Pg.sql("select count(*) from terraform_remote_state.iac_workspaces") == "1" and len(names(d)) == 3


@case
def pg_rows_disjoint():
    """Two applies at the same time; who wants the same resource is told who has it."""
    d = rows_dir(PAIR)
    d.iac("apply", "-auto-approve")
    other = rows_dir(PAIR, again=True)
    run = held_in_a(d)
    other.iac("apply", "-auto-approve", "-var=b=2", "-target=terraform_data.c")
    output = other.iac("apply", "-auto-approve", "-var=a=3", "-var=b=2", status=1)
    found = json.loads(other.iac("lock", "status", "-json"))
    assert "the resource terraform_data.a is locked" in output and found["id"] in output, output
    assert found["holders"][0]["resources"] == [{"address": "terraform_data.a", "exclusive": True}], found
    assert "terraform_data.a" in other.iac("lock", "status")
    assert "locked by another process" in other.iac("state", "rm", "terraform_data.b", status=1)
    waiting = other.start(IAC, "apply", "-auto-approve", "-var=a=3", "-var=b=2", "-lock-timeout=60s")
    go_on(run)
    output = waiting.communicate()[0]
    assert waiting.returncode == 0, output
    no_change(d.iac("plan", "-var=a=3", "-var=b=2"))
    assert not json.loads(d.iac("lock", "status", "-json"))["locked"]


@case
def pg_rows_stale():
    """A saved plan is good as long as what it changes, or depends on, is what it was."""
    d = rows_dir(PAIR)
    d.iac("apply", "-auto-approve")
    other = rows_dir(PAIR, again=True)
    d.iac("plan", "-var=a=2", "-out=a", "-target=terraform_data.a")
    d.iac("plan", "-var=a=3", "-out=again", "-target=terraform_data.a")
    d.iac("plan", "-var=b=2", "-out=c", "-replace=terraform_data.c", "-target=terraform_data.c", "-var=b=1")
    other.iac("apply", "-auto-approve", "-var=b=2")
    d.iac("apply", "a")
    output = d.iac("apply", "again", status=1)
    assert "Saved plan is stale" in output and "terraform_data.a" in output, output
    output = d.iac("apply", "c", status=1)
    assert "Saved plan is stale" in output and "terraform_data.b" in output, output
    no_change(d.iac("plan", "-var=a=2", "-var=b=2"))


@case
def pg_rows_are_not_for_terraform():
    """Terraform says whose the state is, and changes nothing, whatever it is told to do."""
    d = rows_dir()
    d.iac("apply", "-auto-approve")
    d.iac("workspace", "new", "blue")
    d.iac("apply", "-auto-approve", "-var=n=1")
    d.iac("workspace", "select", "default")
    before = rows_text() + Pg.sql("select * from terraform_remote_state.states")
    other = Dir(Pg.block(again=True))
    empty = {"version": 4, "terraform_version": "1.11.4", "serial": 99, "lineage": "a", "outputs": {}, "resources": []}
    (other.path / "x.tfstate").write_text(json.dumps(empty))
    other.run(TERRAFORM, "init", status=1) if TERRAFORM else other.terraform("init")
    for command in (["apply", "-auto-approve"], ["state", "push", "-force", "x.tfstate"], ["workspace", "delete", "-force", "blue"]):
        output = " ".join(other.run(TERRAFORM, *command, status=1).replace("│", " ").split())
        assert "created by Terraform 1.11.4-iac.with.resource-locks" in re.sub(r"\x1b\[\S*?m ?", "", output), output
    other.configure("")
    other.run(TERRAFORM, "init", "-migrate-state", "-force-copy", status=1)
    assert rows_text() + Pg.sql("select * from terraform_remote_state.states") == before
    no_change(d.iac("plan"))


@case
def pg_rows_killed():
    """The claims of the dead hold nobody up, and what they were at is found out."""
    d = rows_dir(PAIR)
    d.iac("apply", "-auto-approve")
    other = rows_dir(PAIR, again=True)
    run = held_in_a(d)
    run.send_signal(signal.SIGKILL)
    go_on(run, -signal.SIGKILL)
    output = other.iac("apply", "-auto-approve", "-var=a=2", "-lock-timeout=30s")
    no_change(other.iac("plan", "-var=a=2"))
    assert Pg.sql("select count(*) from terraform_remote_state.iac_journal") == "0", output


@case
def pg_rows_force_unlock():
    """Who loses the lock writes nothing more."""
    d = rows_dir(PAIR)
    d.iac("apply", "-auto-approve")
    other = rows_dir(PAIR, again=True)
    run = held_in_a(d)
    other.iac("force-unlock", "-force", locked(other)["id"])
    other.iac("state", "rm", "terraform_data.a")
    output = go_on(run, 1)
    assert "taken over or removed" in output and "errored.tfstate" in output, output
    assert "terraform_data.a" not in names(other)


@case
def pg_rows_cut():
    """A connection that is cut is made again, with the claims; also while the server still has the one before."""
    d = rows_dir(PAIR)
    d.iac("apply", "-auto-approve")
    relay = Relay(Pg.port)
    d.configure(Pg.block(ROWS, port=relay.port, again=True), PAIR)
    d.iac("init", "-reconfigure")
    for keep in (False, True):
        run = held_in_a(d)
        relay.cut(keep)
        go_on(run)
        (d.path / "a.fifo").unlink()
        d.iac("apply", "-auto-approve")
    no_change(d.iac("plan"))


def apply_all(d, count):
    """As many applies as there are resources "r", all at once."""
    runs = [d.start(IAC, "apply", "-auto-approve", "-lock-timeout=600s", f"-target=terraform_data.r[{i}]") for i in range(count)]
    for run in runs:
        output = run.communicate()[0]
        assert run.returncode == 0, output


@case
def pg_rows_many(count=int(os.environ.get("IAC_TEST_APPLIES", "12"))):
    """Many applies at the same time on resources of their own end with a state that has all."""
    text = f'resource "terraform_data" "r" {{\n  count = {count}\n  input = count.index\n}}\n'
    d = rows_dir(text)
    apply_all(d, count)
    assert len(names(d)) == count
    no_change(d.iac("plan"))
    entries = json.loads(d.iac("history", "-json"))["entries"]
    assert [e["status"] for e in entries] == ["ok"] * min(count, 100), entries


@case
def pg_rows_connections_run_out(count=6):
    """A server without a free connection is waited for, and in the end named as what it is."""
    Pg.block()
    database = f"d{Pg.names}"
    Pg.sql(f"create role few_{database} login connection limit 2; alter database {database} owner to few_{database}; "
           f"create role none_{database} login connection limit 0")
    text = f'resource "terraform_data" "r" {{\n  count = {count}\n  input = count.index\n}}\n'
    block = Pg.block(ROWS, again=True)
    refused = Dir(block.replace("postgres@", f"none_{database}@"), text)
    refused.env["TF_LOG"] = "info"
    refused.iac("init")
    run = refused.start(IAC, "plan")
    d = Dir(block.replace("postgres@", f"few_{database}@"), text)
    d.iac("init")
    apply_all(d, count)
    assert len(names(d)) == count
    no_change(d.iac("plan"))
    output = " ".join(run.communicate()[0].split())
    assert run.returncode == 1 and "too many connections" in output and "waited 10 seconds for a free connection" in output, output
    assert "has no connection left: waiting" in output, output


@case
def pg_rows_layouts():
    """The two layouts keep out of each other's way, and turn into each other; Terraform refuses what is not for it."""
    d = Dir(Pg.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    before = json.loads(d.iac("state", "pull"))
    d.configure(Pg.block(ROWS, again=True))
    d.iac("init", "-reconfigure")
    output = d.iac("plan", status=1)
    assert "resource_locks" in output and "-migrate-state" in output, output
    d.configure(Pg.block(again=True))
    d.iac("init", "-reconfigure")
    d.configure(Pg.block(ROWS, again=True))
    d.iac("init", "-migrate-state", "-force-copy")
    no_change(d.iac("plan"))
    after = json.loads(d.iac("state", "pull"))
    assert after["lineage"] == before["lineage"] and after["resources"] == before["resources"]
    plain = Dir(Pg.block(again=True))
    plain.iac("init")
    output = plain.iac("plan", status=1)
    assert "resource_locks" in output and "-migrate-state" in output, output
    d.configure(Http.block())
    d.iac("init", "-migrate-state", "-force-copy")
    no_change(d.iac("plan"))
    d.configure(Pg.block(ROWS, again=True))
    d.iac("init", "-reconfigure")
    d.configure(Pg.block(again=True))
    d.iac("init", "-migrate-state", "-force-copy")
    no_change(d.iac("plan"))
    assert Pg.state()["lineage"] == before["lineage"]
    assert Pg.sql("select count(*) from terraform_remote_state.iac_workspaces") == "0"


def key_of(name, derived=False):
    if derived:
        return f'key_provider "pbkdf2" "{name}" {{\n  passphrase = "a long enough {name} passphrase"\n  iterations = 200000\n}}'
    key = base64.b64encode(name.encode().ljust(32)).decode()
    answer = f'{{"magic":"OpenTofu-External-Key-Provider","version":1}}\n' + json.dumps(
        {"keys": {"encryption_key": key, "decryption_key": key}, "meta": {"external_data": {"n": name}}})
    return f'key_provider "external" "{name}" {{\n  command = ["sh", "-c", {json.dumps("cat > /dev/null; printf %s " + shlex.quote(answer))}]\n}}'


def sealed(key="first", fallback="", old="second", derived=False):
    """A configuration whose secret must not be found in the database. fallback: "plain", or "old" for another key."""
    kind = "pbkdf2" if derived else "external"
    return RESOURCES + f"""
resource "terraform_data" "secret" {{
  input = sensitive("find-me-${{var.n}}")
  lifecycle {{ create_before_destroy = true }}
}}
check "c" {{
  assert {{
    condition     = var.n > 0
    error_message = "never"
  }}
}}
output "p" {{
  value     = "find-me-too"
  sensitive = true
}}
terraform {{
  encryption {{
    {key_of(key, derived)}
    {key_of(old, derived)}
    method "aes_gcm" "m" {{ keys = key_provider.{kind}.{key} }}
    method "aes_gcm" "o" {{ keys = key_provider.{kind}.{old} }}
    method "unencrypted" "u" {{}}
    state {{
      method = method.aes_gcm.m
      {"fallback { method = method.unencrypted.u }" if fallback == "plain" else ""}
      {"fallback { method = method.aes_gcm.o }" if fallback == "old" else ""}
    }}
  }}
}}
"""


ROW_TABLES = ["iac_workspaces", "iac_objects", "iac_outputs", "iac_journal"]


def rows_text():
    return "\n".join(Pg.sql(f"select t::text from terraform_remote_state.{table} t") for table in ROW_TABLES)


@case
def pg_rows_encryption():
    """From clear text to a key, to another key, and back; nothing is read with a wrong key or without one."""
    d = Dir(Pg.block(ROWS), re.sub(r"(?s)terraform \{.*", "", sealed()))
    d.iac("init")
    d.iac("apply", "-auto-approve")
    before = json.loads(d.iac("state", "pull"))
    assert "find-me" in rows_text()

    def with_key(*args, **kw):
        d.configure(Pg.block(ROWS, again=True), sealed(*args, **kw))

    with_key()
    output = d.iac("plan", status=1)
    assert "not encrypted" in output and '"fallback"' in output, output
    with_key(fallback="plain")
    no_change(d.iac("plan"))
    d.iac("apply", "-auto-approve")
    assert "find-me" not in rows_text(), rows_text()
    for path in d.path.glob(".iac/backend/*/state.db*"):
        assert b"find-me" not in path.read_bytes(), path
    with_key()
    after = json.loads(d.iac("state", "pull"))
    assert after["lineage"] == before["lineage"] and after["resources"] == before["resources"], after
    d.iac("apply", "-auto-approve", "-var=n=4")
    no_change(d.iac("plan", "-var=n=4"))
    assert d.iac("output", "-raw", "p") == "find-me-too"
    d.iac("state", "mv", "terraform_data.a[3]", "terraform_data.a[7]")
    d.iac("state", "rm", "terraform_data.a[7]")
    d.iac("state", "check")
    d.iac("apply", "-auto-approve", "-replace=terraform_data.secret")

    d.configure(Pg.block(ROWS, again=True))
    output = d.iac("plan", status=1)
    assert "is encrypted, and no key is configured for it" in output, output
    with_key("second", old="third")
    output = d.iac("plan", status=1)
    assert "Failed to decrypt the state" in output and "key_provider.external.first" in output, output
    with_key("second", "old", old="first")
    no_change(d.iac("plan", "-refresh=false"))
    d.iac("apply", "-auto-approve")
    with_key("second", old="third")
    no_change(d.iac("plan"))
    d.configure(Pg.block(ROWS, again=True), sealed("second", old="third").replace(key_of("second"), key_of("wrong").replace(
        'external" "wrong"', 'external" "second"')))
    assert "Failed to decrypt the state" in d.iac("plan", status=1)
    plain = sealed("second", old="third").replace("method = method.aes_gcm.m", "method = method.unencrypted.u\n"
                                                  "fallback { method = method.aes_gcm.m }")
    d.configure(Pg.block(ROWS, again=True), plain)
    d.iac("apply", "-auto-approve")
    assert "find-me" in rows_text()
    d.configure(Pg.block(ROWS, again=True), re.sub(r"(?s)terraform \{.*", "", sealed()))
    no_change(d.iac("plan"))


TAMPERED = [
    "update {s}.iac_objects set attributes = left(attributes, 8) || '00' || substr(attributes, 11) where address = '{a}'",
    "update {s}.iac_objects o set attributes = (select attributes from {s}.iac_objects where address = '{b}'), private = "
    "(select private from {s}.iac_objects where address = '{b}') where address = '{a}'",
    "update {s}.iac_objects set tainted = true where address = '{a}'",
    "update {s}.iac_objects set dependencies = 'terraform_data.z' where address = '{a}'",
    "update {s}.iac_objects o set attributes = t.attributes, sensitive = t.sensitive, private = t.private from old t where "
    "o.address = t.address and o.address = '{a}'",
    "delete from {s}.iac_objects where address = '{a}'",
    "insert into {s}.iac_objects select * from old_all where address = '{c}'",
    "update {s}.iac_outputs set value = (select value from old_outputs where name = 'o') where name = 'o'",
    "update {s}.iac_workspaces set checks = ''",
    "update {s}.iac_workspaces set serial = serial - 1",
    "update {s}.iac_workspaces w set tally = o.tally from old_workspaces o",
    "update {s}.iac_workspaces set lineage = 'another'",
]


@case
def pg_rows_tampered():
    """Whatever is done to a row, and putting an older one back, is noticed; a state of the history brings it back."""
    d = Dir(Pg.block(ROWS), sealed())
    d.iac("init")
    d.iac("apply", "-auto-approve", "-var=n=4")
    schema = "terraform_remote_state"
    Pg.sql(f"create table old as select * from {schema}.iac_objects; create table old_all as select * from {schema}.iac_objects; "
           f"create table old_outputs as select * from {schema}.iac_outputs; "
           f"create table old_workspaces as select * from {schema}.iac_workspaces")
    d.iac("apply", "-auto-approve", "-replace=terraform_data.a[0]")
    good = json.loads(d.iac("state", "pull"))
    Pg.sql(";".join(f"create table good_{t} as select * from {schema}.{t}" for t in ROW_TABLES))
    for text in TAMPERED:
        Pg.sql(text.format(s=schema, a="terraform_data.a[0]", b="terraform_data.a[1]", c="terraform_data.a[3]"))
        output = d.iac("state", "list", status=1)
        assert "were changed after they were encrypted" in " ".join(output.split()), f"{text}: {output}"
        Pg.sql(f"truncate {schema}.iac_objects, {schema}.iac_outputs; "
               f"insert into {schema}.iac_objects select * from good_iac_objects; "
               f"insert into {schema}.iac_outputs select * from good_iac_outputs; "
               f"update {schema}.iac_workspaces w set serial = g.serial, lineage = g.lineage, tally = g.tally, "
               f"checks = g.checks from good_iac_workspaces g where w.id = g.id")
    assert json.loads(d.iac("state", "pull")) == good
    Pg.sql(f"delete from {schema}.iac_objects where address = 'terraform_data.a[0]'")
    assert d.iac("state", "check", status=1)
    d.iac("state", "restore", "-force", "2")
    no_change(d.iac("plan"))


@case
def pg_rows_sealed_at_once():
    """Applies at the same time that begin with nothing agree on one key; a run killed has its change, sealed, in the journal."""
    count = 4
    d = Dir(Pg.block(ROWS), re.sub(r'(?s)resource "terraform_data" "secret".*?\n\}\n|output "p".*?\n\}\n', "", sealed(derived=True)) +
            'resource "terraform_data" "r" {\n  count = 4\n  input = "find-me-${count.index}"\n}\n')
    d.iac("init")
    runs = [d.start(IAC, "apply", "-auto-approve", "-lock-timeout=300s", f"-target=terraform_data.r[{i}]") for i in range(count)]
    for run in runs:
        output = run.communicate()[0]
        assert run.returncode == 0, output
    assert len([n for n in names(d) if ".r[" in n]) == count
    assert "find-me" not in rows_text()


@case
def pg_rows_sealed_journal():
    """A change that was begun is sealed, too, and another key seals it anew. The result waits for a table until the run dies."""
    file = 'resource "local_file" "f" {\n  filename = "f"\n  content = "find-me"\n}\n'
    d = Dir(Pg.block(ROWS), sealed() + file)
    d.env["IAC_PLUGIN_PATH"] = os.environ.get("IAC_PLUGIN_PATH", str(pathlib.Path(IAC).parent / "providers"))
    d.iac("init")
    d.iac("apply", "-auto-approve", "-target=terraform_data.a")
    table = subprocess.Popen([Pg.program("psql"), "-q", Pg.url(f"d{Pg.names}")], stdin=subprocess.PIPE, text=True)
    table.stdin.write("begin; lock table terraform_remote_state.iac_objects in exclusive mode;\n")
    table.stdin.flush()
    wait_until(lambda: Pg.sql("select 1 from pg_locks where mode = 'ExclusiveLock' and relation is not null"), "locked")
    run = d.start(IAC, "apply", "-auto-approve", "-target=local_file.f")
    wait_until(lambda: Pg.sql("select 1 from pg_locks where not granted"), "waiting for the table")
    run.kill()
    run.wait()
    table.stdin.close()
    table.wait()
    wait_until(lambda: not Pg.sql("select 1 from pg_stat_activity where application_name = 'iac' and datname = current_database()"),
               "gone")
    assert Pg.sql("select count(*) from terraform_remote_state.iac_journal") == "1"
    assert "find-me" not in rows_text()
    d.configure(Pg.block(ROWS, again=True), sealed("second", "old", old="first") + file)
    d.iac("apply", "-auto-approve")
    assert Pg.sql("select count(*) from terraform_remote_state.iac_journal") == "0"
    d.configure(Pg.block(ROWS, again=True), sealed("second", old="first") + file)
    no_change(d.iac("plan"))


@case
def pg_rows_of_earlier_release():
    """Tables without the columns of the key get them at the next write, and are read before that."""
    d = rows_dir()
    d.iac("apply", "-auto-approve")
    Pg.sql("alter table terraform_remote_state.iac_workspaces drop sealing, drop tally")
    assert json.loads(d.iac("output", "-json", "o")) == ["v0", "v1", "v2"]
    d.iac("apply", "-auto-approve", "-var=n=4")
    assert len(names(d)) == 4


@case
def pg_history():
    """The working copy keeps the history, in both layouts; looking at it takes no lock and writes nothing."""
    for more in ("", ROWS):
        d = Dir(Pg.block(more))
        d.iac("init")
        d.iac("apply", "-auto-approve")
        d.iac("apply", "-auto-approve", "-var=n=4")
        files = {f: f.stat().st_mtime_ns for f in d.path.glob(".iac/backend/*/state.db")}
        entries = json.loads(d.iac("history", "-json"))["entries"]
        assert [e["number"] for e in entries] == [2, 1] and {e["status"] for e in entries} == {"ok"}, entries
        assert "terraform_data.a[3]" in d.iac("history", "diff", "1", "2")
        d.iac("history", "show", "1")
        assert files == {f: f.stat().st_mtime_ns for f in d.path.glob(".iac/backend/*/state.db")}
        d.iac("rollback", "-auto-approve", "1")
        assert len(names(d)) == 3
        d.iac("state", "restore", "-force", "2")
        assert len(names(d)) == 4
        no_change(d.iac("plan", "-refresh=false", "-var=n=4"))


# ---- leases ----

LEASE = {"IAC_TEST_LEASE_SECONDS": "6"}


def asking(d):
    """An apply that has the lock and asks."""
    run = subprocess.Popen([IAC, "apply", "-var=n=4"], cwd=d.path, env=dict(d.env, **LEASE), stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while "Only 'yes'" not in run.stdout.readline():
        assert run.poll() is None
    return run


def another(d):
    other = Dir()
    (other.path / "main.tf").write_text((d.path / "main.tf").read_text())
    other.iac("init")
    return other


def lease(block, key):
    """A holder that lives keeps its lock; one that is frozen loses it, and does no harm when it wakes up."""
    d = Dir(block)
    d.iac("init")
    d.iac("apply", "-auto-approve")
    holder, other = asking(d), another(d)
    try:
        output = other.iac("apply", "-auto-approve", "-var=n=5", "-lock-timeout=9s", status=1, env=LEASE)
        assert "Error acquiring the state lock" in output, output
        holder.send_signal(signal.SIGSTOP)
        other.iac("apply", "-auto-approve", "-var=n=5", "-lock-timeout=120s", env=LEASE)
        holder.send_signal(signal.SIGCONT)
        output = holder.communicate("yes\n")[0]
    finally:
        holder.kill()
        holder.wait()
    assert holder.returncode == 1, output
    assert "taken over" in output or "changed by somebody else" in output or "removed by somebody" in output, output
    assert len(S3.state(key)["resources"][0]["instances"]) == 5
    no_change(other.iac("plan", "-var=n=5"))


@case
def s3_leases():
    """Both kinds of lock at once: most of it is waiting."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(lease, S3.block(more), S3.key) for more in ("use_lockfile = true", 'dynamodb_table = "locks"')]
        for run in runs:
            run.result()


# ---- kubernetes ----


@case
def kubernetes_both_ways():
    d = Dir(Kube.block('labels = { team = "x" }\nload_config_file = true'))
    both_ways(d)
    metadata = Kube.secret()["metadata"]
    assert metadata["annotations"]["encoding"] == "gzip"
    assert metadata["labels"] == {"team": "x", "tfstate": "true", "tfstateSecretSuffix": f"s{Kube.names}",
                                  "tfstateWorkspace": "default", "app.kubernetes.io/managed-by": "terraform"}, metadata


@case
def kubernetes_locks():
    d = Dir(Kube.block())
    d.iac("init")
    d.terraform("init")
    run = ask(d)
    found = locked(d)
    assert "Error acquiring the state lock" in (output := d.terraform("plan", status=1)) and found["id"] in output, output
    assert found["id"] in d.iac("plan", status=1)
    run.communicate("yes\n")
    assert run.returncode == 0 and not json.loads(d.iac("lock", "status", "-json"))["locked"]
    info = {"ID": "99999999-aaaa", "Operation": "OperationTypeApply", "Info": "", "Who": "someone@there",
            "Version": "1.11.4", "Created": "2026-01-01T00:00:00Z", "Path": ""}
    Kube.hold(info)
    assert "someone@there" in d.iac("plan", status=1)
    assert "does not match" in d.iac("force-unlock", "-force", "other", status=1)
    d.iac("force-unlock", "-force", info["ID"])
    no_change(d.iac("plan"))
    no_change(d.terraform("plan"))


@case
def kubernetes_lease_runs_out():
    """Locks of iac that nobody renews are taken over; those of Terraform never."""
    d = Dir(Kube.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    info = {"ID": "99999999-aaaa", "Operation": "apply", "Info": "", "Who": "someone@there", "Version": "1", "Path": "",
            "Created": "2026-01-01T00:00:00Z", "Process": {"Host": "there", "Pid": 1}, "Lease": {"Seconds": 1, "Token": 3}}
    Kube.hold(info, "iac")
    no_change(d.iac("plan", "-lock-timeout=120s"))
    del info["Lease"]
    Kube.hold(info, "iac")
    time.sleep(2.1)
    assert "someone@there" in d.iac("plan", status=1)


@case
def kubernetes_killed():
    d = Dir(Kube.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    run = ask(d, "-var=n=4")
    locked(d)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    no_change(d.iac("plan"))  # the holder is gone on this host


@case
def kubernetes_two_writers():
    d = Dir(Kube.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    late = ask(d, "-lock=false", "-var=n=4")
    other = Dir(Kube.block(again=True))
    other.iac("init")
    other.iac("apply", "-auto-approve", "-var=n=5")
    output = " ".join(late.communicate("yes\n")[0].split())
    assert late.returncode == 1 and "changed by somebody else" in output, output
    assert len(Kube.state()["resources"][0]["instances"]) == 5
    late = ask(other, "-lock=false", "-var=n=6")  # labels are no state
    Kube.api("PATCH", f"/api/v1/namespaces/default/secrets/tfstate-default-s{Kube.names}", {"metadata": {"labels": {"a": "b"}}},
             "application/merge-patch+json")
    output = late.communicate("yes\n")[0]
    assert late.returncode == 0, output
    assert len(Kube.state()["resources"][0]["instances"]) == 6 and Kube.secret()["metadata"]["labels"]["a"] == "b"


@case
def kubernetes_workspaces_and_namespace():
    Kube.block()
    Kube.api("POST", "/api/v1/namespaces", {"metadata": {"name": f"n{Kube.names}"}})
    d = Dir(Kube.block(f'namespace = "n{Kube.names}"', again=True))
    d.iac("init")
    d.iac("workspace", "new", "blue")
    d.iac("apply", "-auto-approve", "-var=n=1")
    assert len(Kube.state(workspace="blue", namespace=f"n{Kube.names}")["resources"][0]["instances"]) == 1
    d.terraform("init")
    assert "blue" in d.terraform("workspace", "list")
    d.iac("workspace", "select", "default")
    d.iac("workspace", "delete", "-force", "blue")
    assert "blue" not in d.iac("workspace", "list")


@case
def kubernetes_access():
    """Credentials from each source; refusals say where they come from, and nothing of the credentials."""
    Kube.block()
    name = f'backend "kubernetes" {{\nsecret_suffix = "s{Kube.names}"\n'
    d = Dir(name + "}")
    assert "No cluster is configured" in d.iac("init", status=1, env={"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": ""})
    d.env |= {"KUBE_CONFIG_PATH": str(Kube.config), "KUBE_CTX": "token"}
    d.iac("init")
    d.iac("apply", "-auto-approve")
    for name_of, value in (("KUBE_CONFIG_PATH", ""), ("KUBE_CTX", "")):
        d.env[name_of] = value
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "admin-token"}}
    (d.path / "token.json").write_text(json.dumps(credential))
    d.configure(f"""{name}host = "{Kube.url}"
insecure = true
exec {{
  api_version = "client.authentication.k8s.io/v1"
  command = "cat"
  args = ["token.json"]
}}
}}""")
    d.iac("init", "-reconfigure")
    no_change(d.iac("plan"))
    d.configure(f'{name}host = "{Kube.url}"\ninsecure = true\ntoken = "s3cret"\n}}')
    output = d.iac("init", "-reconfigure", status=None) + d.iac("plan", status=1)
    assert "401" in output and "s3cret" not in output, output
    d.configure(f'{name}config_path = "{Kube.config}"\nconfig_context = "nobody"\n}}')
    output = d.iac("init", "-reconfigure", status=None) + d.iac("plan", status=1)
    assert "403" in output and "nobody-token" not in output and 'User "nobody"' in output, output


@case
def kubernetes_server_away():
    """Changes made while the connection is cut are saved by the next run."""
    d = Dir(Kube.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    relay = Relay(int(Kube.url.rsplit(":", 1)[1]))
    (d.path / "config").write_text(Kube.config.read_text().replace(Kube.url, f"https://127.0.0.1:{relay.port}"))
    d.configure(Kube.block(again=True).replace(str(Kube.config), "config"), RESOURCES + GATED)
    d.iac("init", "-reconfigure")
    run = d.start(IAC, "apply", "-auto-approve")
    while "begun" not in (line := run.stdout.readline()):
        assert line, "the run ended"
    relay.close()
    (d.path / "go").touch()
    output = run.communicate()[0]
    assert run.returncode == 1 and "errored.tfstate" in output, output
    output = d.iac("plan", status=1)
    assert "127.0.0.1" in output and "Error acquiring the state lock" in output, output
    relay.open()
    no_change(d.iac("plan"))
    assert len(Kube.state()["resources"]) == 2


@case
def kubernetes_remote_state():
    d = Dir(Kube.block())
    d.iac("init")
    d.iac("apply", "-auto-approve")
    reader = Dir(text=f"""
data "terraform_remote_state" "r" {{
  backend = "kubernetes"
  config = {{
    secret_suffix = "s{Kube.names}"
    config_path   = "{Kube.config}"
  }}
}}
output "o" {{ value = data.terraform_remote_state.r.outputs.o[2] }}
""")
    reader.iac("apply", "-auto-approve")
    assert reader.iac("output", "-raw", "o") == "v2"


# ---- migration ----


@case
def migrate_all_ways():
    d = Dir()
    d.iac("init")
    d.iac("apply", "-auto-approve")
    before = json.loads(d.iac("state", "pull"))
    d.configure(Http.block())
    assert "Do you want to copy existing state to the new backend?" in d.iac("init", stdin="yes\n")
    assert Http.state()["lineage"] == before["lineage"]
    no_change(d.iac("plan"))
    d.configure(S3.block())
    d.iac("init", "-migrate-state", "-force-copy")
    assert S3.state()["lineage"] == before["lineage"]
    no_change(d.iac("plan"))
    d.configure("")
    d.iac("init", "-migrate-state", "-force-copy")
    no_change(d.iac("plan"))


@case
def partial_configuration_and_variables():
    d = Dir('backend "local" { path = "${var.name}-${local.l}.tfstate" }',
            RESOURCES + 'variable "name" { default = "x" }\nlocals { l = upper("y") }\n')
    d.iac("init")
    d.iac("apply", "-auto-approve")
    assert (d.path / "x-Y.tfstate").exists()
    d.configure('backend "local" {}')
    d.iac("init", "-reconfigure", "-backend-config=path=z.tfstate")
    d.iac("apply", "-auto-approve")
    assert (d.path / "z.tfstate").exists()


@case
def export_for_terraform():
    d = Dir()
    d.iac("apply", "-auto-approve")
    d.iac("state", "export", "-format=tfstate", "-out=terraform.tfstate")
    d.terraform("init")
    no_change(d.terraform("plan"))


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = skipped = 0
    try:
        for function in cases:
            if wanted not in function.__name__:
                continue
            began = time.monotonic()
            try:
                function()
                passed += 1
                print(f"{time.monotonic() - began:6.1f} s {function.__name__}")
            except Skip as why:
                print(f"SKIP {function.__name__}")
                print(textwrap.indent(str(why), "    "))
                skipped += 1
            except Exception as error:  # noqa: BLE001 - every fault of a case is its failure
                print(f"FAIL {function.__name__}")
                at = next(f for f in traceback.extract_tb(error.__traceback__) if f.name == function.__name__)
                print(textwrap.indent(f"line {at.lineno}: {at.line}\n{type(error).__name__}: {error}", "    "))
                failed += 1
    finally:
        for server in (Http, S3):
            if server.process:
                server.process.kill()
                server.process.wait()
        if Pg.process:
            Pg.stop()
            shutil.rmtree(Pg.dir, ignore_errors=True)
        if Kube.dir:
            Kube.server("stop")
            shutil.rmtree(Kube.dir, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
