"""The s3 backend, with its two kinds of locks."""
import concurrent.futures
import http.server
import json
import re
import shutil
import signal
import subprocess
import threading

from harness import Dir, IAC, RESOURCES, S3, TERRAFORM, ask, both_ways, case, locked, no_change


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
    ('custom_ca_bundle = "none.pem"', "reading custom CA bundle: open none.pem: no such file or directory"),
    ('custom_ca_bundle = "/"', "reading custom CA bundle: read /: is a directory"),
    ('custom_ca_bundle = "main.tf"', "failed to load custom CA bundle PEM file"),
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
