"""Local state files, the http backend, and moving a state from one backend to another."""
import json
import sys
import urllib.request

from harness import Dir, Http, IAC, RESOURCES, S3, both_ways, case, no_change


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
