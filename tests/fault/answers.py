#!/usr/bin/env python3
"""Servers that answer nonsense: between iac and a real server stands a proxy that spoils answers (their status, headers,
body, or the connection). Whatever comes, iac must not crash, must end (soon, when it is interrupted while it waits) and
leave a state that can be read.

    answers.py [--runs N] [--seed N] [--rate SHARE] [--keep DIR] [NAME...]

A run is an apply, a change and a destroy through the proxy, each answer spoiled with the likelihood SHARE; then the state
is read without it. The first run of each kind spoils nothing, and must succeed. Wants a build with sanitizers in IAC, which says more than a crash does. The last line is
"N passed, N failed, N skipped"."""
import argparse
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IAC = os.environ.get("IAC", str(ROOT / "build/asan/iac"))
os.environ["IAC"] = IAC
sys.path.insert(0, str(ROOT / "tests/backend"))
import harness as backends  # noqa: E402

PATIENCE = 40  # seconds after which a command is interrupted, once; it may rightly wait for what servers said
HANGS = 60  # further seconds after which it has not ended (ten are promised, but not with sanitizers and under load)

# ---- spoiling ----

BOMB = ('<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' +
        "".join(f'<!ENTITY {chr(98 + i)} "{"&" + chr(97 + i) + ";" * 1}{("&" + chr(97 + i) + ";") * 9}">' for i in range(9)) +
        "]><b>&j;</b>")
WHOLE = [b"", b"null", b"[]", b"{}", b'"x"', b"0", b"\0", b"<a/>", b"<html>busy</html>", b"[" * 100000, b"<a>" * 100000,
         b'{"a":' * 100000, b"\xff\xfe{\0}\0", b"true", BOMB.encode(), b" " * 100000, b"\xef\xbb\xbf{}"]
VALUES = [None, True, False, 0, -1, 1e308, 2**63, "", "x", "x" * 100000, "\0", "\u202e", [], {}, [[]], [None], {"": None},
          "2026-13-45T99:99:99Z", "../../etc", "${x}", "%s%n"]


def spoil_json(rng, value):
    """The value with one place within it changed."""
    places = []

    def visit(container, key):
        places.append((container, key))
        inner = container[key]
        for k in (inner if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else []):
            visit(inner, k)

    root = [value]
    visit(root, 0)
    container, key = rng.choice(places)
    how = rng.randrange(5)
    if how == 0 and container is not root:
        del container[key]
    elif how == 1 and isinstance(container, list):
        container.extend([container[key]] * rng.choice([1, 2, 1000]))
    elif how == 2 and isinstance(container, dict):
        container[rng.choice(["", "x", key + "x", key.upper()])] = container.pop(key)
    else:
        container[key] = rng.choice(VALUES)
    return root[0] if root else None


def spoil_bytes(rng, body):
    if not body:
        return rng.choice(WHOLE)
    body = bytearray(body)
    at = rng.randrange(len(body))
    how = rng.randrange(5)
    if how == 0:
        del body[at:]
    elif how == 1:
        for _ in range(rng.choice([1, 5, 50])):
            body[rng.randrange(len(body))] = rng.randrange(256)
    elif how == 2:
        end = min(len(body), at + rng.choice([1, 10, 200]))
        body[at:at] = body[at:end] * rng.choice([1, 2, 300])
    elif how == 3:
        del body[at:at + rng.choice([1, 10, 200])]
    else:
        body[at:at] = rng.choice([b"<", b">", b'"', b"{", b"}", b"\0", b"\xff", b"]]>", b"9" * 400, b"&x;", b"<!--"])
    return bytes(body)


def spoil_tags(rng, body):
    """An XML text with an element gone, twice, renamed, or with another text."""
    found = list(re.finditer(rb"<(\w+)>([^<]*)</\1>", body)) or list(re.finditer(rb"<(\w+)[^>]*/?>", body))
    if not found:
        return spoil_bytes(rng, body)
    m = rng.choice(found)
    text = str(rng.choice([v for v in VALUES if isinstance(v, (str, int))])).encode().replace(b"\0", b"&#0;")
    new = rng.choice([b"", m[0] * 2, m[0] * 2000, b"<x>" + m[0] + b"</x>", b"<%s>%s</%s>" % (m[1], text, m[1]), b"<%s/>" % m[1],
                      b"<%s><%s>x</%s></%s>" % (m[1], m[1], m[1], m[1])])
    return body[:m.start()] + new + body[m.end():]


def spoil_body(rng, body):
    how = rng.randrange(10)
    if how == 0:
        return rng.choice(WHOLE)
    if how < 8:
        if body.lstrip()[:1] == b"<":
            return spoil_tags(rng, body)
        try:
            return json.dumps(spoil_json(rng, json.loads(body))).encode()
        except ValueError:
            pass
    return spoil_bytes(rng, body)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.length = None  # what is said of it, where that is a lie
        self.cut = None  # bytes after which the connection ends

    def spoil(self, rng):
        how = rng.randrange(12)
        if how < 6:
            self.body = spoil_body(rng, self.body)
        elif how == 6:
            self.status = rng.choice([200, 201, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 408, 409, 410, 412, 422,
                                      429, 500, 503, 599, 999])
        elif how == 7:
            self.status = rng.choice([400, 403, 404, 409, 412, 429, 500, 503])
            self.body = rng.choice(WHOLE)
        elif how == 8:
            self.length = rng.choice([0, len(self.body) // 2, len(self.body) + 100, 10**18, -1])
        elif how == 9:
            self.cut = rng.randrange(len(self.body) + 1)
        elif how == 10:
            name, value = rng.choice([
                ("Content-Encoding", "gzip"), ("Content-Type", "text/html"), ("Retry-After", "99999999999"),
                ("Retry-After", "-1"), ("Location", "http://127.0.0.1:1/"), ("Location", ""), ("Date", "x" * 5000),
                ("Date", "Mon, 01 Jan 1990 00:00:00 GMT"), ("ETag", '"' + "e" * 20000), ("X-Huge", "h" * 60000),
                ("x-amz-request-id", "\x1b[31m" * 100), ("Content-Encoding", "deflate, br"),
                ("Transfer-Encoding", "chunked")])
            self.headers = [h for h in self.headers if h[0].lower() != name.lower()] + [(name, value)]
        else:
            self.cut = -1


# ---- the proxy ----


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream, headers=()):
        self.upstream, self.more = upstream, dict(headers)
        self.rng, self.rate, self.spoiled = random.Random(0), 0.0, 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def ask(self, method, path, headers, body):
        kind, place = self.upstream.split("://")
        if kind == "https":
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(place, timeout=60, context=trusting)
        else:
            connection = http.client.HTTPConnection(place, timeout=60)
        try:
            connection.request(method, path, body, dict(headers, **self.more))
            answer = connection.getresponse()
            dropped = ("transfer-encoding", "connection", "content-length", "keep-alive")
            return Answer(answer.status, [h for h in answer.getheaders() if h[0].lower() not in dropped], answer.read())
        finally:
            connection.close()

    def handle_error(self, request, address):
        pass  # a client that goes away


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("accept-encoding", "connection", "expect")}
        answer = self.server.ask(self.command, self.path, headers, body)
        with self.server.lock:
            if self.server.rng.random() < self.server.rate:
                answer.spoil(self.server.rng)
                self.server.spoiled += 1
        self.send_answer(answer)

    def send_answer(self, answer):
        self.close_connection = answer.cut is not None or answer.length is not None
        if answer.cut != -1:
            self.send_response_only(answer.status, "OK")
            for name, value in answer.headers:
                self.send_header(name, value)
            if not any(name == "Transfer-Encoding" for name, _ in answer.headers):
                self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            if self.command != "HEAD" and answer.status not in (204, 304):
                self.wfile.write(answer.body if answer.cut is None else answer.body[:answer.cut])
                self.wfile.flush()
        if self.close_connection or answer.status in (204, 304):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer
    do_LOCK = do_UNLOCK = answer


# ---- what is asked of the servers ----


class Wrong(Exception):
    pass


INIT = ["init", "-input=false", "-no-color"]
APPLY = ["apply", "-auto-approve", "-no-color"]
DESTROY = ["destroy", "-auto-approve", "-no-color"]


class Subject:
    """A project, and the proxy before its server."""

    def begin(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iac-answers-"))
        (self.folder / "main.tf").write_text(self.text())

    def environment(self):
        return {}

    def reset(self):
        pass

    def iac(self, *args):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KUBE", "TF_", "PG"))}
        env.update(TF_IN_AUTOMATION="1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", TF_CLI_CONFIG_FILE="/dev/null",
                   AWS_EC2_METADATA_DISABLED="true", AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE="/dev/null",
                   AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                   ASAN_OPTIONS="allocator_may_return_null=1:detect_stack_use_after_return=1", **self.environment())
        with subprocess.Popen([IAC, *args], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            try:
                said, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                try:
                    said, _ = process.communicate(timeout=HANGS)
                except subprocess.TimeoutExpired as late:
                    process.kill()
                    raise Wrong(f"hangs:\n{(late.stdout or b'').decode(errors='replace')}") from late
        return process.returncode, said


class Aws(Subject):
    name = "aws"

    def __init__(self):
        if not shutil.which("moto_server"):
            raise backends.Skip("moto_server is not installed")
        self.process, port = backends.start_moto()
        self.proxy = Proxy(f"http://127.0.0.1:{port}")

    def text(self):
        seed = (ROOT / "tests/aws/seed/main.tf").read_text().replace("provider \"aws\" {", "provider \"aws\" {\nmax_retries = 2")
        return seed + (ROOT / "tests/aws/seed/availability_zones.tf").read_text() + '''
data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
'''

    def environment(self):
        return {"AWS_ENDPOINT_URL": self.proxy.url}

    def reset(self):
        self.proxy.ask("POST", "/moto-api/reset", {}, b"")

    steps = [APPLY, APPLY + ["-replace=aws_vpc.main"], DESTROY]

    def close(self):
        self.process.kill()
        self.process.wait()


class Kubernetes(Subject):
    name = "kubernetes"
    steps = [APPLY, APPLY + ["-var=v=2"], DESTROY]

    def __init__(self):
        backends.Kube.block()
        config = (backends.Kube.dir / "run/kubeconfig").read_text()
        server = re.search(r'server: "([^"]*)"', config)[1]
        self.proxy = Proxy(server, {"Authorization": "Bearer admin-token"})

    def text(self):
        return '''
terraform {
  required_providers {
    kubernetes = { source = "hashicorp/kubernetes" }
  }
}
variable "v" { default = "1" }
provider "kubernetes" {}
''' + "".join(f'''
resource "kubernetes_manifest" "{kind.lower()}" {{
  manifest = {{ apiVersion = "{version}", kind = "{kind}", metadata = {{ name = "spoiled", namespace = "default" }}, {spec} }}
}}
''' for kind, version, spec in [
            ("ConfigMap", "v1", "data = { v = var.v }"),
            ("Service", "v1", 'spec = { ports = [{ port = 80 }], selector = { v = var.v } }'),
            ("Deployment", "apps/v1", 'spec = { replicas = 1, selector = { matchLabels = { a = "b" } }, template = { metadata = '
             '{ labels = { a = "b" } }, spec = { containers = [{ name = "c", image = "i:${var.v}" }] } } }')])

    def environment(self):
        config = self.folder / "kubeconfig"
        config.write_text(f"""apiVersion: v1
kind: Config
current-context: c
clusters: [{{name: s, cluster: {{server: "{self.proxy.url}"}}}}]
users: [{{name: u, user: {{token: t}}}}]
contexts: [{{name: c, context: {{cluster: s, user: u}}}}]
""")
        return {"KUBE_CONFIG_PATH": str(config)}

    def reset(self):
        for path in ("/api/v1/namespaces/default/configmaps/spoiled", "/api/v1/namespaces/default/services/spoiled",
                     "/apis/apps/v1/namespaces/default/deployments/spoiled"):
            self.proxy.ask("DELETE", path, {}, b"")

    def close(self):
        backends.Kube.server("stop")
        shutil.rmtree(backends.Kube.dir, ignore_errors=True)


class Kept(Subject):
    """A state behind the proxy."""
    steps = [APPLY, APPLY + ["-var=v=2"], ["state", "pull"], ["workspace", "list"], DESTROY]

    def text(self):
        return f"""
terraform {{
{self.block}
}}
variable "v" {{ default = "1" }}
resource "terraform_data" "a" {{
  count = 3
  input = var.v
}}
output "o" {{ value = terraform_data.a[*].id }}
"""


class HttpState(Kept):
    name = "http"

    def __init__(self):
        block = backends.Http.block(retries=1)
        self.proxy = Proxy(f"http://127.0.0.1:{backends.Http.port}")
        self.block = block.replace(f"http://127.0.0.1:{backends.Http.port}", self.proxy.url)

    def reset(self):
        backends.Http.control("clear")

    def close(self):
        backends.Http.process.kill()


class S3State(Kept):
    name = "s3"
    more = "use_lockfile = true\nmax_retries = 2\ndynamodb_table = \"locks\""

    def __init__(self):
        block = backends.S3.block(self.more)
        self.proxy = Proxy(f"http://127.0.0.1:{backends.S3.port}")
        self.block = block.replace(f"http://127.0.0.1:{backends.S3.port}", self.proxy.url)

    def reset(self):
        self.proxy.ask("POST", "/moto-api/reset", {}, b"")
        backends.S3.fill()

    def close(self):
        backends.S3.process.kill()


SUBJECTS = [Aws, Kubernetes, HttpState, S3State]

# ---- running ----

BAD = re.compile(rb"ERROR: (Address|Leak|Undefined)|runtime error:|SUMMARY: |Assertion|internal error", re.I)


# What may rightly be said of a state at the end: the third where a server denied the digest and then lost a new one.
READABLE = ["No state file was found", "Backend initialization required", "state data in S3 does not have the expected content"]


def command(subject, args, statuses):
    try:
        status, said = subject.iac(*args)
    except Wrong as wrong:
        raise Wrong(f"iac {' '.join(args)} {wrong}") from wrong
    if status not in statuses or BAD.search(said):
        raise Wrong(f"iac {' '.join(args)} ended with {status}:\n{said.decode(errors='replace')}")
    if b"\x1b" in said:
        raise Wrong(f"iac {' '.join(args)} passes on an escape sequence:\n{said!r}")
    return status, said.decode(errors="replace")


def one(subject, seed, rate):
    proxy = subject.proxy
    subject.reset()
    subject.begin()
    proxy.rng = random.Random(seed)
    statuses = (0, 1) if rate else (0,)
    try:
        for args in [INIT, *subject.steps]:
            proxy.rate = rate if args[0] != "init" or seed % 4 == 0 else 0.0
            command(subject, args, statuses)
        proxy.rate = 0.0
        status, said = command(subject, ["state", "list"], (0, 1))
        if status and not any(words in said for words in READABLE):
            raise Wrong(f"the state cannot be read:\n{said}")
    finally:
        proxy.rate = 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--keep", help="folder for what failed runs said")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed = failed = skipped = 0
    for kind in SUBJECTS:
        if options.names and kind.name not in options.names:
            continue
        try:
            subject = kind()
        except backends.Skip as why:
            skipped += 1
            print(f"skipped: {kind.name}: {why}")
            continue
        for seed in [0, *range(options.seed, options.seed + options.runs)]:
            try:
                one(subject, seed, options.rate if seed else 0.0)
                passed += 1
            except Wrong as wrong:
                failed += 1
                print(f"FAILED: {kind.name}, seed {seed}: {str(wrong)[-4000:]}", flush=True)
                if options.keep:
                    (pathlib.Path(options.keep) / f"{kind.name}-{seed}").write_text(str(wrong))
            finally:
                shutil.rmtree(subject.folder, ignore_errors=True)
        print(f"{kind.name}: {options.runs} runs, {subject.proxy.spoiled} answers spoiled", flush=True)
        subject.close()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
