"""The kubernetes backend."""
import json
import signal
import time

from harness import Dir, GATED, IAC, Kube, RESOURCES, Relay, ask, both_ways, case, locked, no_change


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
