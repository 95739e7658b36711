"""What the cases of the backends share: a working directory, the servers, the list of cases and the running of them."""
import base64
import datetime
import gzip
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
ROWS = "resource_locks = true"  # of the pg backend
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


def key_of(name, derived=False):
    """A key provider of that name for the block `encryption`."""
    if derived:
        return f'key_provider "pbkdf2" "{name}" {{\n  passphrase = "a long enough {name} passphrase"\n  iterations = 200000\n}}'
    key = base64.b64encode(name.encode().ljust(32)).decode()
    answer = f'{{"magic":"OpenTofu-External-Key-Provider","version":1}}\n' + json.dumps(
        {"keys": {"encryption_key": key, "decryption_key": key}, "meta": {"external_data": {"n": name}}})
    return f'key_provider "external" "{name}" {{\n  command = ["sh", "-c", {json.dumps("cat > /dev/null; printf %s " + shlex.quote(answer))}]\n}}'


def main():
    """Runs the cases; whether any failed."""
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
