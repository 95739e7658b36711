"""The pg backend with resource_locks: a row a resource, also encrypted."""
import errno
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from harness import (Dir, Http, IAC, Pg, RESOURCES, ROWS, Relay, TERRAFORM, case, key_of, locked, no_change,
                     wait_until)

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
