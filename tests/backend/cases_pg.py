"""The pg backend with a state in one piece, as Terraform keeps it."""
import json
import signal
import subprocess

from harness import Dir, GATED, IAC, Pg, RESOURCES, Relay, ask, both_ways, case, locked, no_change


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
