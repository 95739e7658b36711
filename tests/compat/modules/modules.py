#!/usr/bin/env python3
"""Modules and the dependency lock file: what init, get, modules and plan say and leave behind, through Terraform and
through iac on the same sources (git repositories and archives of this machine, a registry on 127.0.0.1), and what only
iac does. Without a terraform the comparisons are skipped, visibly.

    modules.py IAC [--verbose] [NAME...]
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
IAC = os.path.abspath(sys.argv[1])
VERBOSE = "--verbose" in sys.argv
ONLY = [a for a in sys.argv[2:] if not a.startswith("-")]
TERRAFORM = shutil.which("terraform")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="iac-modules-"))
RC = WORK / "rc"
BASE = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "GIT_"))}
BASE |= {"HOME": str(WORK), "TF_CLI_CONFIG_FILE": str(RC), "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1",
         "IAC_PLUGIN_PATH": os.environ.get("IAC_PLUGIN_PATH", os.path.join(os.path.dirname(IAC), "providers")),
         "GIT_CONFIG_NOSYSTEM": "1"}


def start_server():
    port_file = WORK / "port"
    process = subprocess.Popen([sys.executable, HERE / "server.py", port_file], stdout=subprocess.DEVNULL)
    while not (port_file.exists() and port_file.read_text()):
        time.sleep(0.02)
    return process, port_file.read_text()


def git(*args, cwd):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always",
                    *args], cwd=cwd, env=BASE, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_repository():
    repo = WORK / "repo"
    (repo / "sub").mkdir(parents=True)
    git("init", "-b", "main", ".", cwd=repo)
    (repo / "main.tf").write_text('module "inner" {\n  source = "./sub"\n}\noutput "o" {\n'
                                  '  value = module.inner.o\n}\n')
    (repo / "sub/main.tf").write_text('output "o" {\n  value = "first"\n}\n')
    git("add", ".", cwd=repo)
    git("commit", "-m", "first", cwd=repo)
    git("tag", "v1", cwd=repo)
    (repo / "sub/main.tf").write_text('output "o" {\n  value = "second"\n}\n')
    git("commit", "-am", "second", cwd=repo)
    loop = WORK / "loop"
    loop.mkdir()
    git("init", "-b", "main", ".", cwd=loop)
    (loop / "main.tf").write_text(f'module "again" {{\n  source = "git::file://{loop}"\n}}\n')
    git("add", ".", cwd=loop)
    git("commit", "-m", "loop", cwd=loop)
    copy = WORK / "copy"
    shutil.copytree(repo, copy, ignore=shutil.ignore_patterns(".git"))
    shutil.make_archive(str(WORK / "local"), "gztar", copy)


def run(program, folder, command, env):
    argv = [program if word == "TOOL" else word for word in command.split()]
    done = subprocess.run(argv, cwd=folder, env=BASE | env, capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def words(text):
    """Without the name of the program, and without where lines break."""
    text = re.sub(r"\bTerraform\b", "iac", text)
    text = re.sub(r"(?<![./\w-])terraform(?=[ `])", "iac", text)
    return " ".join(text.split())


def fill(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def call(source, more="", name="m"):
    return f'module "{name}" {{\n  source = "{source}"\n  {more}\n}}\n'


def manifest(folder, data=".terraform"):
    path = folder / data / "modules/modules.json"
    if not path.exists():
        return None
    return sorted(json.loads(path.read_text())["Modules"], key=lambda m: m["Key"])


CASES = []


def case(function):
    CASES.append((function.__name__.replace("_", "-"), function))
    return function


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def expect(condition, *what):
    if not condition:
        raise Failed("\n".join(str(w) for w in what))


# ---- through both ----

def same(name, files, commands=("TOOL init -no-color", "TOOL modules"), env=None, stderr=True):
    """The commands say the same, and leave the same manifest."""
    def both():
        if not TERRAFORM:
            raise Skipped
        seen = []
        for who, program in (("terraform", TERRAFORM), ("iac", IAC)):
            folder = WORK / "cases" / name / who
            folder.mkdir(parents=True)
            fill(folder, files)
            told = []
            for command in commands:
                status, out, err = run(program, folder, command, env or {})
                told.append((command, status, words(out), words(err) if stderr else ""))
            seen.append((told, manifest(folder)))
        for one, other in zip(seen[0][0], seen[1][0]):
            expect(one == other, "terraform:", *one, "iac:", *other)
        expect(seen[0][1] == seen[1][1], "manifests:", seen[0][1], seen[1][1])
    CASES.append((name, both))


SERVER, PORT = start_server()
HTTP = f"http://127.0.0.1:{PORT}"
RC.write_text(f"""disable_checkpoint = true
host "mods.test" {{ services = {{ "modules.v1" = "{HTTP}/v1/modules/" }} }}
credentials "other.test" {{ token = "good-token" }}
host "other.test" {{
  services = {{ "modules.v1" = "{HTTP}/v1/modules" }} # without the slash
}}
""")
make_repository()
REPO = f"git::file://{WORK}/repo"

same("local", {"main.tf": call("./a"), "a/main.tf": call("../b"), "b/main.tf": ""})
same("local-messy-path", {"main.tf": call("./a/../a//b/"), "a/b/main.tf": ""})
same("nested-seven-deep", {"main.tf": call("./d1")} |
     {f"{'/'.join(f'd{k}' for k in range(1, n + 1))}/main.tf": call(f"./d{n + 1}") if n < 7 else "" for n in range(1, 8)})
same("none", {"main.tf": ""})
same("git-tag", {"main.tf": call(REPO + "?ref=v1")})
same("git-subdirectory", {"main.tf": call(REPO + "//sub?ref=v1")})
same("git-depth", {"main.tf": call(REPO + "?depth=1&ref=v1")})
same("git-twice", {"main.tf": call(REPO) + call(REPO, name="n")})
same("absolute-path", {"main.tf": call(f"{WORK}/copy")})
same("local-archive", {"main.tf": call(f"file://{WORK}/local.tar.gz//sub")})
for kind in ("tar.gz", "tgz", "tar.bz2", "tar.xz", "zip"):
    same(f"archive-{kind}", {"main.tf": call(f"{HTTP}/archive/pkg.{kind}//modules/deep")})
same("archive-argument", {"main.tf": call(f"{HTTP}/archive/noname?archive=tar.gz")})
same("archive-redirected", {"main.tf": call(f"{HTTP}/redirect.tar.gz")})
same("archive-missing", {"main.tf": call(f"{HTTP}/missing.zip")}, ["TOOL init -no-color"])
same("subdirectory-missing", {"main.tf": call(f"{HTTP}/archive/pkg.zip//none")}, ["TOOL init -no-color"])
same("registry", {"main.tf": call("mods.test/acme/pkg/cloud")})
same("registry-constraint", {"main.tf": call("mods.test/acme/pkg/cloud//modules/deep", 'version = "~> 1.0, < 1.5"')})
same("registry-prerelease", {"main.tf": call("mods.test/acme/pkg/cloud", 'version = "2.0.0-beta1"')})
same("registry-subdirectory", {"main.tf": call("mods.test/acme/pkg/subdir//deep")})
same("registry-no-such-version", {"main.tf": call("mods.test/acme/pkg/cloud", 'version = "> 3"')},
     ["TOOL init -no-color"])
same("registry-no-such-module", {"main.tf": call("mods.test/acme/nope/cloud")}, ["TOOL init -no-color"])
same("registry-no-versions", {"main.tf": call("mods.test/acme/empty/cloud")}, ["TOOL init -no-color"])
same("registry-no-location", {"main.tf": call("mods.test/acme/lost/cloud")}, ["TOOL init -no-color"])
same("registry-refuses", {"main.tf": call("mods.test/private/pkg/cloud")}, ["TOOL init -no-color"])
same("registry-token", {"main.tf": call("mods.test/private/pkg/cloud")}, env={"TF_TOKEN_mods_test": "good-token"})
same("registry-credentials", {"main.tf": call("other.test/private/pkg/cloud")})
def in_run(source, *more):
    """A test whose run has the module."""
    lines = "".join(f"    {line}\n" for line in (f'source = "{source}"', *more))
    return {"tests/main.tftest.hcl": f'run "other" {{\n  module {{\n{lines}  }}\n}}\n'}


TEST = ["TOOL init -no-color", "TOOL test -no-color", "TOOL get -no-color -update"]
same("run-registry", {"main.tf": ""} | in_run("mods.test/acme/pkg/cloud"), TEST)
same("run-registry-constraint", {"main.tf": call("mods.test/acme/pkg/cloud")} |
     in_run("mods.test/acme/pkg/cloud//modules/deep", 'version = "~> 1.0, < 1.5"'), TEST)
same("run-registry-not-installed", {"main.tf": ""} | in_run("mods.test/acme/pkg/cloud"), ["TOOL test -no-color"])
same("run-registry-no-such-version", {"main.tf": ""} | in_run("mods.test/acme/pkg/cloud", 'version = "> 3"'),
     ["TOOL init -no-color"])
same("run-registry-no-such-module", {"main.tf": ""} | in_run("mods.test/acme/nope/cloud"), ["TOOL init -no-color"])
same("run-local", {"main.tf": "", "setup/main.tf": call(f"{REPO}?ref=v1")} | in_run("./setup"), TEST)
same("run-remote", {"main.tf": ""} | in_run(REPO), ["TOOL init -no-color"])
for number, source in enumerate(["foo", "foo/bar", "github.com/a", "a b", "git::-x", "file:///nonexistent"]):
    same(f"address-{number}", {"main.tf": call(source)}, ["TOOL init -no-color"])
same("get", {"main.tf": call("./a") + call(REPO, name="g"), "a/main.tf": ""},
     ["TOOL get -no-color", "TOOL get -no-color", "TOOL get -update -no-color"])
same("again-and-upgrade", {"main.tf": call("./a") + call(REPO, name="g"), "a/main.tf": ""},
     ["TOOL init -no-color", "TOOL init -no-color", "TOOL init -upgrade -no-color"])
same("empty-directory", {}, ["TOOL init -no-color"])
same("not-empty-for-from-module", {"main.tf": ""}, ["TOOL init -no-color -from-module=../x"])


def change(name, before, after, summary):
    """What is installed no longer fits."""
    def both():
        for who, program in (("terraform", TERRAFORM), ("iac", IAC)):
            if not program:
                continue
            folder = WORK / "cases" / name / who
            fill(folder, {"main.tf": before})
            status, out, err = run(program, folder, "TOOL init -no-color", {})
            expect(status == 0, out, err)
            fill(folder, {"main.tf": after})
            status, out, err = run(program, folder, "TOOL plan -no-color", {})
            expect(status == 1 and summary in words(err), who, status, out, err)
    CASES.append((name, both))


change("source-changed", call(REPO + "?ref=v1"), call(REPO + "?ref=main"), "Error: Module source has changed")
change("version-changed", call("mods.test/acme/pkg/cloud", 'version = "1.0.0"'),
       call("mods.test/acme/pkg/cloud", 'version = "1.2.0"'),
       "no longer acceptable. Run \"iac init\" to install all modules required")
change("module-added", call(REPO), call(REPO) + call(REPO, name="n"), "This module is not yet installed.")


@case
def installed_by_the_other():
    """Either program plans with what the other one has installed, and gets nothing again."""
    if not TERRAFORM:
        raise Skipped
    files = {"main.tf": call("mods.test/acme/pkg/cloud//modules/deep") + call(REPO + "?ref=v1", name="g") +
             call(f"{WORK}/copy", name="a") +
             'output "all" {\n  value = [module.m.name, module.g.o, module.a.o]\n}\n'}
    for installer, planner in ((TERRAFORM, IAC), (IAC, TERRAFORM)):
        folder = WORK / "cases/installed" / os.path.basename(installer)
        fill(folder, files)
        status, out, err = run(installer, folder, "TOOL init -no-color", {})
        expect(status == 0, out, err)
        status, out, err = run(planner, folder, "TOOL init -no-color", {})
        expect(status == 0 and "Downloading" not in out, out, err)
        status, out, err = run(planner, folder, "TOOL plan -no-color", {})
        expect(status == 0 and all(w in out for w in ('"sub"', '"first"', '"second"')), out, err)


# ---- iac alone ----

def iac(folder, command, status=0, say=None, env=None):
    code, out, err = run(IAC, folder, "TOOL " + command, env or {})
    expect(code == status, f"{command}: status {code}", out, err)
    if say is not None:
        expect(words(say) in words(out + err), f"{command}: no \"{say}\" in", out, err)
    return out


def refuse(name, source, say):
    @case
    def one():
        folder = WORK / "cases" / name
        fill(folder, {"main.tf": call(source)})
        iac(folder, "init", 1, say)
        left = sorted(p.name for p in (folder / ".terraform/modules").iterdir())
        expect(left == ["modules.json"], "left behind:", left)
        expect(not pathlib.Path("/tmp/escaped-by-archive.tf").exists())
        for path in (folder / ".terraform", folder, folder.parent):
            expect(not (path / "escaped.tf").exists(), f"{path} has what the archive put there")
    CASES[-1] = (name, one)


for wicked, why in (("dotdot", "leads outside of the archive"), ("absolute", "its path is absolute"),
                    ("symlink", "leads outside of the package"), ("through", "the archive's entry \"out\""),
                    ("chain", "leads outside of the package"), ("hardlink", "its path is absolute"),
                    ("damaged", "not an archive"), ("bomb", "unpacks to more than 2 GiB")):
    refuse(f"wicked-{wicked}", f"{HTTP}/archive/{wicked}.tar.gz", why)
refuse("checksum-wrong", f"{HTTP}/archive/pkg.zip?checksum=md5:{'0' * 32}", "Checksums did not match")
refuse("checksum-odd", f"{HTTP}/archive/pkg.zip?checksum=crc:1", "unsupported checksum")
refuse("address-loop", f"{HTTP}/loop", "too many addresses")
refuse("address-file", f"{HTTP}/file", "is not one of a package")
refuse("address-none", f"{HTTP}/nothing", "no source URL was returned")
refuse("git-option-as-ref", f"{REPO}?ref=--upload-pack=touch", "is not the name of a revision")
refuse("git-option-as-host", "git::ssh://-oProxyCommand=touch/x", "is not the address of a git repository")
refuse("git-ext", "git::ext://sh", "is not the address of a git repository")
refuse("git-depth-odd", f"{REPO}?depth=--x", "invalid depth")
refuse("git-no-such-ref", f"{REPO}?ref=nope", "git exited with")
refuse("s3", "s3::https://s3.amazonaws.com/b/k.zip", "cannot be got by \"s3\"")
refuse("hg", "hg::http://example.com/r", "cannot be got by \"hg\"")


@case
def addresses_by_servers():
    for path, value in (("header", "sub"), ("meta", "package none")):
        folder = WORK / "cases/servers" / path
        fill(folder, {"main.tf": call(f"{HTTP}/{path}") + 'output "n" {\n  value = module.m.name\n}\n'})
        iac(folder, "init", 0, f"Downloading {HTTP}/{path} for m...")
        iac(folder, "plan", 0, f'"{value}"')


@case
def links_within_a_package():
    folder = WORK / "cases/links"
    fill(folder, {"main.tf": call(f"{HTTP}/archive/inside.tar.gz") + 'output "n" {\n  value = module.m.name\n}\n'})
    iac(folder, "init")
    iac(folder, "plan", 0, '"linked"')
    expect(not os.path.lexists(folder / ".terraform/modules/m/nowhere"))


@case
def faulty_root():
    """Terraform tells each fault twice here."""
    folder = WORK / "cases/faulty"
    fill(folder, {"main.tf": 'output "x" {\n}\n'})
    iac(folder, "init", 1, "Error: iac encountered problems during initialisation, including problems with the "
        "configuration, described below.")


@case
def checksum_right():
    folder = WORK / "cases/checksum"
    value = subprocess.run([sys.executable, "-c", f"import urllib.request as u; print(u.urlopen('{HTTP}/sha256')"
                            ".read().decode())"], capture_output=True, text=True, check=True).stdout.strip()
    fill(folder, {"main.tf": call(f"{HTTP}/archive/pkg.tar.gz?checksum=sha256:{value}")})
    iac(folder, "init")


@case
def cycles():
    folder = WORK / "cases/cycle"
    fill(folder, {"main.tf": call(f"git::file://{WORK}/loop")})
    iac(folder, "init", 1, "Error: Module call cycle")


@case
def early_sources():
    folder = WORK / "cases/early"
    fill(folder, {"main.tf": 'variable "ref" {}\nlocals {\n  repo = "' + REPO + '"\n}\n' +
                  call("${local.repo}?ref=${var.ref}") + 'output "o" {\n  value = module.m.o\n}\n'})
    iac(folder, "init", 1, "No value for required variable")
    iac(folder, "init -var ref=v1")
    iac(folder, "plan -var ref=v1 -out=p", 0, '"first"')
    iac(folder, "plan -var ref=main", 1, "Module source has changed")
    shutil.rmtree(folder / ".terraform")
    plan = json.loads(iac(folder, "show -json p"))
    expect(plan["configuration"]["root_module"]["module_calls"]["m"]["source"] == REPO + "?ref=v1", plan)
    iac(folder, "apply p", 0, 'o = "first"')


@case
def data_directory():
    folder = WORK / "cases/data"
    fill(folder, {"main.tf": call(REPO)})
    env = {"TF_DATA_DIR": "elsewhere"}
    iac(folder, "init", env=env)
    expect(manifest(folder, "elsewhere") and not (folder / ".terraform").exists())
    iac(folder, "plan", env=env)
    iac(folder, "plan", 1, "Module not installed")
    fill(folder, {"elsewhere/modules/modules.json": "{damaged"})
    iac(folder, "plan", 1, "Module not installed", env)
    iac(folder, "init", 0, "Downloading", env)


@case
def from_module():
    for name, source in (("git", REPO), ("local", "../../../repo"), ("registry", "mods.test/acme/pkg/cloud")):
        folder = WORK / "cases/from" / name
        folder.mkdir(parents=True)
        iac(folder, f"init -from-module={source}", 0, f'Copying configuration from "{source}"...')
        expect((folder / "main.tf").exists() and (folder / "sub/main.tf").exists() and not (folder / ".git").exists())


@case
def got_once():
    """Fifty calls of one package ask for it once."""
    folder = WORK / "cases/once"
    fill(folder, {"main.tf": "".join(call(f"{HTTP}/archive/pkg.tgz", name=f"m{i}") for i in range(50))})
    code = "import urllib.request as u; print(u.urlopen('%s/count').read().decode())" % HTTP
    ask = [sys.executable, "-c", code]
    before = int(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
    iac(folder, "init")
    after = int(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
    expect(after - before < 10, f"{after - before} archives sent") # other cases run at the same time
    expect(len(manifest(folder)) == 51)


@case
def json_stream():
    folder = WORK / "cases/json"
    fill(folder, {"main.tf": call(REPO)})
    lines = [json.loads(line) for line in iac(folder, "init -json").splitlines()]
    expect([m.get("message_code") for m in lines] ==
           [None, "initializing_backend_message", "initializing_modules_message", None, None, None,
            "initializing_provider_plugin_message", "output_init_success_message", "output_init_success_cli_message"],
           lines)
    modules = json.loads(iac(folder, "modules -json"))
    expect(modules == {"format_version": "1.0", "modules": [
        {"key": "m", "source": REPO, "version": ""}, {"key": "inner", "source": "./sub", "version": ""}]}, modules)


# ---- the lock file ----

LOCKED = 'terraform {\n  required_providers {\n    null = {\n      source = "hashicorp/null"\n      version = "%s"\n' \
         '    }\n  }\n}\n'


def lock_text(folder):
    return (folder / ".terraform.lock.hcl").read_text()


@case
def lock_is_made_and_kept():
    folder = WORK / "cases/lock"
    fill(folder, {"main.tf": LOCKED % ">= 3, != 3.0.1,~> 3.1" + call("./c"), "c/main.tf": LOCKED % ">= 2.0, >= 3"})
    iac(folder, "init", 0, "iac has created a lock file .terraform.lock.hcl")
    expect(re.fullmatch(r'# This file is maintained automatically by "iac init".\n'
                        r'# Manual edits may be lost in future updates.\n\n'
                        r'provider "registry.terraform.io/hashicorp/null" \{\n  version     = "3\.\d+\.\d+"\n'
                        r'  constraints = ">= 2.0.0, >= 3.0.0, != 3.0.1, ~> 3.1"\n  hashes = \[\n'
                        r'    "iac1:[A-Za-z0-9+/]{43}=",\n  \]\n\}\n', lock_text(folder)), lock_text(folder))
    before = lock_text(folder)
    out = iac(folder, "init", 0, "Reusing previous version of hashicorp/null from the dependency lock file")
    expect("lock file .terraform" not in out and lock_text(folder) == before, out)
    iac(folder, "init -lockfile=readonly")
    iac(folder, "plan")


@case
def lock_of_terraform_is_kept():
    folder = WORK / "cases/foreign"
    fill(folder, {"main.tf": LOCKED % ">= 3"})
    iac(folder, "init")
    version = re.search(r'version +== *"(.*)"|version += "(.*)"', lock_text(folder)).group(2)
    foreign = ["h1:" + "A" * 43 + "=", "zh:" + "0" * 64]
    fill(folder, {".terraform.lock.hcl": '# by hand\nprovider "registry.terraform.io/hashicorp/null" {\n'
                  f'  version = "{version}"\n  hashes = ["{foreign[0]}", "{foreign[1]}"]\n}}\n'})
    iac(folder, "plan")
    iac(folder, "init -lockfile=readonly", 0, "Provider lock file not updated")
    expect("by hand" in lock_text(folder))
    iac(folder, "init", 0, "iac has made some changes to the provider dependency selections")
    expect(all(h in lock_text(folder) for h in foreign) and "iac1:" in lock_text(folder), lock_text(folder))
    iac(folder, "init -upgrade")
    expect(all(h in lock_text(folder) for h in foreign), lock_text(folder))


@case
def lock_refuses():
    folder = WORK / "cases/refuses"
    fill(folder, {"main.tf": LOCKED % ">= 3"})
    iac(folder, "init -lockfile=readonly", 1, "Provider dependency changes detected")
    iac(folder, "init")
    good = lock_text(folder)
    fill(folder, {".terraform.lock.hcl": re.sub("iac1:.*\"", "iac1:AAAA\"", good)})
    for command in ("plan", "init", "init -upgrade"):
        iac(folder, command, 1, "doesn't match any of the checksums previously recorded")
    iac(folder, "providers lock", 0, "Additional checksums for this platform are now tracked in the lock file")
    iac(folder, "plan")
    fill(folder, {".terraform.lock.hcl": good, "main.tf": LOCKED % "~> 2.0"})
    iac(folder, "plan", 1, "doesn't match the updated version constraints \"~> 2.0\"")
    iac(folder, "init", 1, "does not match configured version constraint ~> 2.0")
    iac(folder, "init -upgrade", 1, "no available releases match the given constraints ~> 2.0")
    fill(folder, {".terraform.lock.hcl": re.sub('= "3.*"', '= "3.0.0"', good), "main.tf": LOCKED % ">= 3"})
    iac(folder, "plan", 1, "Inconsistent dependency lock file")
    iac(folder, "init", 1, "the previously-selected version 3.0.0 is no longer available")
    iac(folder, "init -upgrade", 0, "iac has made some changes")
    fill(folder, {".terraform.lock.hcl": "", "main.tf": LOCKED % ">= 3"})
    iac(folder, "plan", 1, "required by this configuration but no version is selected")
    for text in ('provider "a/b/c/d" {}', 'provider "x" {', 'provider "hashicorp/null" {\n  hashes = []\n}',
                 'provider "hashicorp/null" {\n  version = 1\n}'):
        fill(folder, {".terraform.lock.hcl": text + "\n"})
        iac(folder, "init", 1, "Error:")
        expect(lock_text(folder) == text + "\n")


def perform(item):
    name, function = item
    try:
        function()
        return name, "passed", ""
    except Skipped:
        return name, "skipped", "no terraform"
    except Failed as failure:
        return name, "failed", str(failure)
    except Exception as problem:  # a case that breaks is one that failed
        return name, "failed", repr(problem)


def main():
    wanted = [c for c in CASES if not ONLY or c[0] in ONLY]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, outcome, why in pool.map(perform, wanted):
                counts[outcome] += 1
                if outcome == "failed" or VERBOSE:
                    print(f"modules: {name}: {outcome}", *("    " + line for line in why.splitlines()), sep="\n")
    finally:
        SERVER.terminate()
        shutil.rmtree(WORK, ignore_errors=True)
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return 1 if counts["failed"] else 0


sys.exit(main())
