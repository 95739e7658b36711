#!/usr/bin/env python3
"""Cases of keys and certificates: where AWS credentials come from, for the provider and the s3 backend alike
(tests/backend/fake_aws.py), what the s3, http and kubernetes backends do with theirs, encryption under each kind of key
over the backends, and encrypted states that others read. As cases.py."""
import base64
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import urllib.request

import harness
from fake_aws import Fake, keys_of
from harness import Dir, Http, Kube, S3, Skip, case, no_change

ARN = "arn:aws:iam::123456789012:role/"
fake = None


def aws():
    """The fake, in front of moto_server."""
    global fake
    S3.block()
    if not fake:
        fake = Fake(("127.0.0.1", S3.port))
    fake.log.clear()
    return fake


class Aws(Dir):
    """A directory whose environment says nothing of AWS; `env` adds to it."""

    def __init__(self, env=(), files=()):
        super().__init__()
        for name in [n for n in self.env if n.startswith("AWS_")]:
            del self.env[name]
        self.env.update(HOME=str(self.path), AWS_EC2_METADATA_DISABLED="true", AWS_REGION="us-east-1",
                        AWS_ENDPOINT_URL_STS=fake.url, AWS_ENDPOINT_URL_SSO=fake.url,
                        IAC_PLUGIN_PATH=os.environ.get("IAC_PLUGIN_PATH", str(pathlib.Path(harness.IAC).parent / "providers")))
        for name, text in dict(files).items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name, text in dict(env).items():
            self.env[name] = text.replace("HERE", str(self.path))

    def provider(self, arguments):
        self.configure("", f'provider "aws" {{\nskip_region_validation = true\n{arguments}\n}}\n'
                       'data "aws_caller_identity" "me" {}\n')
        fake.log.clear()
        self.iac("init")

    def backend(self, arguments):
        block = S3.block('use_lockfile = true').replace(f"http://127.0.0.1:{S3.port}", fake.url)
        block = block.replace("skip_metadata_api_check = true\n", "").replace("sts =", "sso = \"" + fake.url + "\", sts =")
        self.configure(block.rstrip("}") + arguments + "\n}")
        fake.log.clear()


def asked(*actions):
    return [entry for entry in fake.log if entry[0] in actions]


def signed_by(key, s3):
    """All that went to AWS itself was signed by the key."""
    last = [who for what, who, _ in fake.log
            if (what.split()[0] in ("GET", "PUT", "POST", "DELETE") if s3 else what == "GetCallerIdentity")]
    assert last and set(last) == {key}, fake.log


PROFILES = """[profile base]
aws_access_key_id = AKBASE
aws_secret_access_key = x
[profile first]
role_arn = %sFIRST
source_profile = base
external_id = outer
role_session_name = one
[profile second]
role_arn = %sSECOND
source_profile = first
duration_seconds = 1800
[profile process]
credential_process = HERE/print-keys
[profile imds]
role_arn = %sFROMIMDS
credential_source = Ec2InstanceMetadata
[profile web]
role_arn = %sWEBPROFILE
web_identity_token_file = HERE/token
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
[sso-session corp]
sso_start_url = https://corp.example.com/start
sso_region = us-east-1
""" % (ARN, ARN, ARN, ARN)


def each_way(arguments="", block="", env=(), files=(), key="", check=None):
    """The same for the provider and for the backend: arguments of the provider's block, and of the backend's."""
    aws()
    files = {".aws/config": PROFILES, "token": "jwt-of-the-file\n",
             "print-keys": "#!/bin/sh\necho '" + json.dumps({"Version": 1, **keys_of("PROCESS")}) + "'\n", **dict(files)}
    for s3 in (False, True):
        d = Aws(env, files)
        config = d.path / ".aws/config"
        config.write_text(config.read_text().replace("HERE", str(d.path)))
        (d.path / "print-keys").chmod(0o755)
        if s3:
            d.backend(block.replace("HERE", str(d.path)))
            d.iac("init")
            d.iac("apply", "-auto-approve")
        else:
            d.provider(arguments.replace("HERE", str(d.path)))
            d.iac("plan")
        signed_by(key, s3)
        if check:
            check()


def form_of(action, arn):
    found = [form for what, _, form in fake.log if what == action and form["RoleArn"] == ARN + arn]
    assert found, fake.log
    return found[0]


@case
def keys_of_the_environment():
    each_way(env={"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"}, key="AKENV")


@case
def keys_of_arguments():
    each_way('access_key = "AKARG"\nsecret_key = "x"', 'access_key = "AKARG"\nsecret_key = "x"',
             env={"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"}, key="AKARG")


@case
def keys_of_a_chain_of_profiles():
    def check():
        assert form_of("AssumeRole", "FIRST")["ExternalId"] == "outer"
        assert form_of("AssumeRole", "FIRST")["RoleSessionName"] == "one"
        assert form_of("AssumeRole", "SECOND")["DurationSeconds"] == "1800"
        assert [who for _, who, _ in asked("AssumeRole")][:2] == ["AKBASE", "ASIAFIRST"], fake.log
    each_way('profile = "second"', 'profile = "second"', env={"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"},
             key="ASIASECOND", check=check)
    each_way(env={"AWS_PROFILE": "second"}, key="ASIASECOND", check=check)


@case
def keys_of_a_process():
    each_way(env={"AWS_PROFILE": "process"}, key="ASIAPROCESS")


@case
def keys_by_web_identity():
    def check():
        assert form_of("AssumeRoleWithWebIdentity", "WEB")["WebIdentityToken"] == "jwt-of-the-file"
        assert asked("AssumeRoleWithWebIdentity")[0][1] == ""
    each_way(env={"AWS_ROLE_ARN": ARN + "WEB", "AWS_WEB_IDENTITY_TOKEN_FILE": "HERE/token"}, key="ASIAWEB", check=check)
    each_way('profile = "web"', 'profile = "web"', key="ASIAWEBPROFILE")
    role = '"%sARGWEB"\nweb_identity_token_file = "HERE/token"\nsession_name = "s"\nduration = "20m"' % ARN
    each_way('assume_role_with_web_identity {\nrole_arn = %s\n}' % role,
             'assume_role_with_web_identity = {\nrole_arn = %s\n}' % role, key="ASIAARGWEB",
             check=lambda: form_of("AssumeRoleWithWebIdentity", "ARGWEB")["DurationSeconds"] == "1200" or fake.log[0][3])


@case
def keys_of_assumed_roles():
    role = ('role_arn = "%sDEPLOY"\nsession_name = "run"\nexternal_id = "partner"\nduration = "1h30m"\n'
            'source_identity = "me"\npolicy = "{}"\npolicy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]\n'
            'tags = {\nteam = "a b"\n}\ntransitive_tag_keys = ["team"]' % ARN)

    def check():
        form = form_of("AssumeRole", "DEPLOY")
        expected = {"ExternalId": "partner", "DurationSeconds": "5400", "SourceIdentity": "me", "Policy": "{}",
                    "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "Tags.member.1.Key": "team",
                    "Tags.member.1.Value": "a b", "TransitiveTagKeys.member.1": "team", "RoleSessionName": "run"}
        assert {k: form.get(k) for k in expected} == expected, form
    each_way("assume_role {\n" + role + "\n}", "assume_role = {\n" + role + "\n}",
             env={"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"}, key="ASIADEPLOY", check=check)
    # On top of a web identity, and of a chain of profiles.
    both = ('assume_role_with_web_identity%s{\nrole_arn = "' + ARN + 'W"\nweb_identity_token = "jwt-as-argument-of-the-block"\n}\n'
            'assume_role%s{\nrole_arn = "' + ARN + 'TOP"\n}')
    each_way(both % (" ", " "), both % (" = ", " = "), key="ASIATOP",
             check=lambda: [who for _, who, _ in asked("AssumeRole")][0] == "ASIAW" or fake.log[0][3])
    each_way('profile = "first"\nassume_role {\nrole_arn = "%sTOP"\n}' % ARN,
             'profile = "first"\nassume_role = {\nrole_arn = "%sTOP"\n}' % ARN, key="ASIATOP")


@case
def keys_of_two_roles_in_turn():
    aws()
    d = Aws({"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"})
    d.provider("".join(f'assume_role {{\nrole_arn = "{ARN}{name}"\n}}\n' for name in ("ONE", "TWO")))
    d.iac("plan")
    assert [who for _, who, _ in asked("AssumeRole", "GetCallerIdentity")][:3] == ["AKENV", "ASIAONE", "ASIATWO"], fake.log


@case
def keys_of_a_container():
    aws()
    each_way(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": fake.url + "/agent",
                  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HERE/token"}, key="ASIAAGENT",
             check=lambda: asked("agent")[0][1] == "jwt-of-the-file" or fake.log[0][3])


@case
def keys_of_the_instance():
    aws()
    env = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": fake.url + "/"}
    each_way(env=env, key="ASIAIMDS")
    each_way(env={**env, "AWS_PROFILE": "imds"}, key="ASIAFROMIMDS")
    plain = f'ec2_metadata_service_endpoint = "{fake.url}"'
    each_way(plain, plain, env={"AWS_EC2_METADATA_DISABLED": "false"}, key="ASIAIMDS")


@case
def keys_of_identity_center():
    cached = hashlib.sha1(b"corp").hexdigest()
    token = {".aws/sso/cache/" + cached + ".json": json.dumps({"accessToken": "signed-in", "expiresAt": "2040-01-01T00:00:00Z"})}

    def check():
        assert asked("sso")[0][1:] == ("signed-in", {"account_id": "123456789012", "role_name": "reader"}), fake.log
    each_way(env={"AWS_PROFILE": "sso"}, files=token, key="ASIASSO", check=check)
    d = Aws({"AWS_PROFILE": "sso"}, {".aws/config": PROFILES})
    d.provider("")
    assert "the SSO session has expired or is invalid" in d.iac("plan", status=1)


@case
def keys_are_refused():
    aws()
    env = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"}
    plain = ["Cannot assume IAM Role", f"IAM Role ({ARN}refused) cannot be assumed.", "The role ARN is not valid",
             "operation error STS: AssumeRole, https response error StatusCode: 403", "api error AccessDenied"]
    web = ["Cannot assume IAM Role with web identity", "cannot be assumed with web",
           "failed to retrieve credentials, operation error STS", "AssumeRoleWithWebIdentity"]
    none = ["No valid credential sources found", "failed to refresh cached credentials, no EC2 IMDS role found"]
    block = 'assume_role%s{\nrole_arn = "' + ARN + 'refused"\n}'
    web_block = 'assume_role_with_web_identity%s{\nrole_arn = "' + ARN + 'refused"\nweb_identity_token = "long-enough-to-be-one"\n}'
    for arguments, environment, words in ((block, env, plain), (web_block, env, web), ("", {}, none)):
        for s3 in (False, True):
            d = Aws(environment)
            if s3:
                d.backend(arguments % " = " if arguments else "")
                said = d.iac("init", status=1)
            else:
                d.provider(arguments % " " if arguments else "")
                said = d.iac("plan", status=1)
            for word in words:
                assert word in " ".join(said.split()) or word in said, said
    d = Aws(env)
    for arguments, words in (('allowed_account_ids = ["111111111111"]', "AWS account ID not allowed: 123456789012"),
                             ('forbidden_account_ids = ["123456789012"]', "AWS account ID not allowed: 123456789012"),
                             ('assume_role = {\nsession_name = "x"\n}', '"role_arn" is required'),
                             ('profile = "nosuch"', "failed to get shared config profile, nosuch"),
                             ('retry_mode = "zz"', "unknown RetryMode, zz"),
                             ('kms_key_id = "zzz"', 'Value must be a valid KMS Key ID, got "zzz"'),
                             ('sse_customer_key = "short"', "sse_customer_key must be 44 characters in length")):
        d.backend(arguments.replace("skip", "skip"))
        if "account" in arguments:
            main = d.path / "main.tf"
            main.write_text(main.read_text().replace("skip_requesting_account_id = true\n", ""))
        said = " ".join(d.iac("init", status=1).split())
        assert words in said, said


# ---- encryption ----

PASS = 'key_provider "%s" "%s" {\npassphrase = "a passphrase of some length %s"\n%s\n}\n'
FAST = {"pbkdf2": "iterations = 200000", "argon2": "memory = 16384\niterations = 1\nparallelism = 1"}
SECRET = 'resource "terraform_data" "a" {\ninput = "%s"\n}\noutput "o" {\nvalue = terraform_data.a.output\n}\n'


def passphrase(kind, name, text=""):
    return PASS % (kind, name, text, FAST[kind])


def kms_provider(name, key, more=""):
    """Of the fake, where there is one by now."""
    return (f'key_provider "aws_kms" "{name}" {{\nkms_key_id = "{key}"\nkey_spec = "AES_256"\nregion = "us-east-1"\n'
            f'endpoints {{\nkms = "{fake.url if fake else f"http://127.0.0.1:{S3.port}"}"\n}}\n{more}\n}}\n')


def encryption(providers, state, more=""):
    methods = "".join(f'method "aes_gcm" "{name}" {{\nkeys = key_provider.{kind}.{name}\n}}\n'
                      for kind, name in (line.split('"')[1::2] for line in providers.splitlines() if line.startswith("key_prov")))
    return f'encryption {{\n{providers}{methods}method "unencrypted" "none" {{}}\n{state}\n{more}\n}}\n'


def target(*methods):
    """The method of the state, and its fallbacks."""
    text = ""
    for name in reversed(methods):
        method = "unencrypted.none" if name == "none" else "aes_gcm." + name
        text = f"method = method.{method}\n" + (f"fallback {{\n{text}}}\n" if text else "")
    return f"state {{\n{text}}}\n"


def kms_key(name="KeyId"):
    if not S3.process:
        S3.block()
    answer = S3.ask("kms", "POST", "/", "{}", X_Amz_Target="TrentService.CreateKey", Content_Type="application/x-amz-json-1.1")
    return json.loads(answer[1])["KeyMetadata"][name]


def files_hold(d, text):
    return any(text.encode() in p.read_bytes() for p in d.path.rglob("*") if p.is_file() and not p.name.endswith(".tf"))


def renewed_in(d, block, read):
    """A state in a backend goes from clear text to a passphrase, to KMS and to Argon2, and back."""
    def step(providers, state, text, leaves):
        d.configure(block + "\n" + (encryption(providers, state) if state else ""), SECRET % text)
        d.iac("apply", "-auto-approve")
        kept = read()
        assert (text.encode() in kept) == leaves, kept[:300]
        assert files_hold(d, text) == leaves, text
        assert d.iac("output", "-raw", "o") == text
        return kept
    first, second, third = passphrase("pbkdf2", "first"), kms_provider("second", kms_key()), passphrase("argon2", "third")
    d.configure(block, SECRET % "CLEAR-0")
    d.iac("init")
    step("", "", "CLEAR-0", True)
    step(first, target("first", "none"), "SEALED-1", False)
    step(first + second, target("second", "first"), "SEALED-2", False)
    step(second + third, target("third", "second"), "SEALED-3", False)
    kept = step(third, target("third"), "SEALED-4", False)
    assert b'"key_provider.argon2.third"' in kept
    wrong = passphrase("argon2", "third", "but another")
    for text, words in ((encryption(wrong, target("third")), "the key or passphrase is a wrong one"),
                        (encryption(first, target("first")), "is none that the encryption block names for it"),
                        ("", "no key is configured for it")):
        d.configure(block + "\n" + text, SECRET % "SEALED-5")
        assert words in " ".join(d.iac("apply", "-auto-approve", status=1).replace("│", "").split()), words
    assert read() == kept
    step(third, target("none", "third"), "CLEAR-6", True)


@case
def encryption_renewed_over_http():
    d = Dir()
    renewed_in(d, Http.block(), lambda: urllib.request.urlopen(Http.url).read())


@case
def encryption_renewed_over_s3():
    d = Dir()
    block = S3.block()
    path = f"/states/{S3.key}"
    renewed_in(d, block, lambda: S3.ask("s3", "GET", path)[1])


@case
def encryption_in_pg_and_kubernetes():
    """What keeps rows of its own says that it does not encrypt; the others seal whole snapshots."""
    for server in (harness.Pg, Kube):
        try:
            block = server.block()
        except Skip:
            continue
        d = Dir()
        providers = passphrase("pbkdf2", "p")
        d.configure(block + "\n" + encryption(providers, target("p")), SECRET % "SEALED-1")
        d.iac("init")
        said = d.iac("apply", "-auto-approve", status=None)
        if "State encryption is not available" in said:
            continue
        assert d.iac("output", "-raw", "o") == "SEALED-1"
        assert "encrypted_data" in server.state(), server.state()


@case
def kms_of_its_own():
    """KMS over the database and plan files: other keys, keys that are gone, a data key that was changed."""
    aws()
    key, other = kms_key(), kms_key()
    d = Dir()
    d.configure(encryption(kms_provider("k", key), target("k") + "plan {\nmethod = method.aes_gcm.k\n}\n"), SECRET % "SEALED-1")
    d.iac("apply", "-auto-approve")
    assert d.iac("output", "-raw", "o") == "SEALED-1"
    d.iac("plan", "-out=x.tfplan")
    assert not files_hold(d, "SEALED-1")
    meta = json.loads(base64.b64decode(json.loads((d.path / "x.tfplan").read_text())["meta"]["key_provider.aws_kms.k"]))
    assert list(meta) == ["ciphertext_blob"], meta
    d.configure(encryption(kms_provider("k", key) + kms_provider("n", other), target("n", "k")), SECRET % "SEALED-2")
    d.iac("apply", "-auto-approve")
    d.configure(encryption(kms_provider("n", other), target("n")), SECRET % "SEALED-2")
    no_change(d.iac("plan"))
    fake.refused_keys.add(other)
    said = " ".join(d.iac("plan", status=1).split())
    assert ('key_provider "aws_kms": operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: id-3, '
            'IncorrectKeyException: not this key') in said, said
    for more, words in (('profile = "nosuch"', "failed to get shared config profile, nosuch"),
                        ('assume_role = {\nsession_name = "x"\n}', '"role_arn" is required')):
        d.configure(encryption(kms_provider("n", other, more), target("n")), SECRET % "SEALED-2")
        assert words in " ".join(d.iac("plan", status=1).split())
    d.configure(encryption(kms_provider("n", other).replace("AES_256", "RSA"), target("n")), SECRET % "SEALED-2")
    assert 'key_spec must be "AES_256" or "AES_128"' in d.iac("plan", status=1)


@case
def kms_of_an_account():
    aws()
    d = Aws({"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"})
    for more, allowed in (('allowed_account_ids = ["1"]', False), ('forbidden_account_ids = ["123456789012"]', False),
                          ('allowed_account_ids = ["123456789012"]', True)):
        d.configure(encryption(kms_provider("k", kms_key(), more), target("k")), SECRET % "SEALED-1")
        output = d.iac("apply", "-auto-approve", status=0 if allowed else 1)
        assert allowed or "AWS account ID not allowed: 123456789012" in output, output


@case
def kms_with_an_assumed_role():
    aws()
    d = Aws({"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"})
    more = f'assume_role = {{\nrole_arn = "{ARN}KMS"\nexternal_id = "e"\n}}'
    d.configure(encryption(kms_provider("k", kms_key(), more), target("k")), SECRET % "SEALED-1")
    d.iac("apply", "-auto-approve")
    assert [entry[:2] for entry in fake.log if "Trent" in entry[0]] == [("TrentService.GenerateDataKey", "ASIAKMS")], fake.log
    key = fake.log[-1][2]["KeyId"]
    fake.log.clear()
    no_change(d.iac("plan"))
    [(_, who, form)] = asked("TrentService.Decrypt")
    assert (who, form["KeyId"]) == ("ASIAKMS", key), form
    assert form_of("AssumeRole", "KMS")["ExternalId"] == "e"


@case
def remote_states_that_are_encrypted():
    """Read by name, by module, by default; refused without a key, with a wrong one, and in clear text."""
    net = Dir()
    places = {"http": Http.block(), "s3": S3.block(), "local": f'backend "local" {{\npath = "{net.path}/net.tfstate"\n}}'}
    providers = passphrase("argon2", "net") + passphrase("argon2", "app")
    for name, block in places.items():
        d = Dir()
        d.configure(block + "\n" + encryption(providers, target("net")), SECRET % name)
        d.iac("init")
        d.iac("apply", "-auto-approve")
    database = Dir()
    database.configure(encryption(providers, target("net")), SECRET % "database")
    database.iac("apply", "-auto-approve")
    places["database"] = f'backend "local" {{\npath = "{database.path}/terraform.tfstate"\n}}'
    d = Dir()
    (d.path / "m").mkdir()
    sources, outputs = "", ""
    for name, block in places.items():
        kind, config = block.split("{", 1)
        sources += (f'data "terraform_remote_state" "{name}" {{\nbackend = "{kind.split(chr(34))[1]}"\nconfig = {{' +
                    config.rstrip().rstrip("}") + "}\n}\n")
        outputs += f'output "{name}" {{\nvalue = data.terraform_remote_state.{name}.outputs.o\n}}\n'
    (d.path / "m/main.tf").write_text("data " + sources.split("data ")[1] + "output " + outputs.split("output ")[1])
    body = sources + outputs + 'module "m" {\nsource = "./m"\n}\noutput "module" {\nvalue = module.m.http\n}\n'

    def remote(default, **named):
        text = f"default {{\nmethod = method.aes_gcm.{default}\n}}\n" if default else ""
        for name, method in named.items():
            text += f'remote_state_data_source "{name.replace("__", ".")}" {{\nmethod = method.aes_gcm.{method}\n}}\n'
        return f"remote_state_data_sources {{\n{text}}}\n"

    def plan(status=0, **kw):
        d.configure(encryption(providers, target("app"), remote(**kw)) if kw else encryption(providers, target("app")), body)
        d.iac("get")
        return " ".join(d.iac("apply", "-auto-approve", status=status).replace("│", "").split())
    plan(default="net")
    assert json.loads(d.iac("output", "-json"))["module"]["value"] == "http"
    assert json.loads(d.iac("output", "-json"))["database"]["value"] == "database"
    plan(default="app", http="net", s3="net", local="net", database="net", m__http="net")
    assert "is none that the encryption block names for it" in plan(1, default="app")
    assert "remote_state_data_sources" in plan(1)
    assert "is none that the encryption block names for it" in plan(1, default="net", m__http="app")


# ---- what backends do with theirs ----

@case
def s3_key_of_the_customer():
    """State and lock file are only to be had with the key; a wrong one is told of."""
    aws()
    key, other = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    d = Aws({"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"})
    d.backend(f'encrypt = true\nsse_customer_key = "{key}"')
    d.iac("init")
    d.iac("apply", "-auto-approve")
    no_change(d.iac("plan"))
    path = f"/states/{S3.key}"
    assert fake.customer_keys[path] == key, fake.customer_keys
    assert all("x-amz-server-side-encryption-customer-algorithm" in headers for what, _, headers in fake.log
               if what.endswith((path, path + ".tflock")) and not what.startswith("DELETE")), fake.log
    text = (d.path / "main.tf").read_text()
    (d.path / "main.tf").write_text(text.replace(f'sse_customer_key = "{key}"\n', ""))
    d.iac("init", "-reconfigure", env={"AWS_SSE_CUSTOMER_KEY": key})
    no_change(d.iac("plan", env={"AWS_SSE_CUSTOMER_KEY": key}))
    (d.path / "main.tf").write_text(text.replace(key, other))
    said = d.iac("init", "-reconfigure", status=None) + d.iac("plan", status=1)
    assert "wrong key of the customer" in said and key not in said and other not in said, said


@case
def s3_key_of_kms():
    aws()
    d = Aws({"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "x"})
    key = kms_key("Arn")
    d.backend(f'encrypt = true\nkms_key_id = "{key}"\nacl = "bucket-owner-full-control"')
    d.iac("init")
    d.iac("apply", "-auto-approve")
    put = [headers for what, _, headers in fake.log if what == f"PUT /states/{S3.key}"]
    expected = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key,
                "x-amz-acl": "bucket-owner-full-control"}
    assert put and all({k: h.get(k) for k in expected} == expected for h in put), put
    no_change(d.iac("plan"))


def make_certificates(d):
    """ca, server and client, each NAME.pem and NAME.key."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=d.path, check=True, capture_output=True)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try:
        openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2")
    except FileNotFoundError:
        raise Skip("openssl is not installed") from None
    for name in ("server", "client"):
        openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (d.path / "ext").write_text("subjectAltName = IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                f"{name}.pem", "-days", "2", "-extfile", "ext")


@case
def http_client_certificates():
    """The server asks for a certificate, and is itself checked."""
    d = Dir()
    make_certificates(d)
    server = subprocess.Popen([sys.executable, str(harness.HERE / "server.py"), "server.pem", "server.key", "ca.pem"],
                              cwd=d.path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = f"https://127.0.0.1:{int(server.stdout.readline())}/s"

        def block(*names, more=""):
            lines = [f'address = "{url}"', f'lock_address = "{url}"', f'unlock_address = "{url}"', "retry_max = 0", more]
            for argument, file in (("client_ca_certificate_pem", "ca.pem"), ("client_certificate_pem", "client.pem"),
                                   ("client_private_key_pem", "client.key")):
                if file in names:
                    lines.append(f"{argument} = <<-END\n{(d.path / file).read_text()}END\n")
            return 'backend "http" {\n' + "\n".join(lines) + "\n}"
        d.configure(block("ca.pem", "client.pem", "client.key"))
        d.iac("init")
        d.iac("apply", "-auto-approve")
        no_change(d.iac("plan"))
        environment = {"TF_HTTP_CLIENT_CA_CERTIFICATE_PEM": (d.path / "ca.pem").read_text(),
                       "TF_HTTP_CLIENT_CERTIFICATE_PEM": (d.path / "client.pem").read_text(),
                       "TF_HTTP_CLIENT_PRIVATE_KEY_PEM": (d.path / "client.key").read_text()}
        d.configure(block())
        d.iac("init", "-reconfigure", env=environment)
        no_change(d.iac("plan", env=environment))
        d.configure(block("client.pem", "client.key", more="skip_cert_verification = true"))
        d.iac("init", "-reconfigure")
        no_change(d.iac("plan"))
        for names in (("ca.pem",), ("client.pem", "client.key")):  # no certificate; a server that nobody vouches for
            d.configure(block(*names))
            said = d.iac("init", "-reconfigure", status=None) + d.iac("plan", status=1)
            assert "BEGIN" not in said and "127.0.0.1" in said, said
        d.configure(block("ca.pem", "client.pem"))
        assert "client_certificate_pem is set but client_private_key_pem is not" in d.iac("init", "-reconfigure", status=1)
        d.configure(block(more='client_ca_certificate_pem = "x"'))
        assert "failed to append certs" in d.iac("init", "-reconfigure", status=1)
    finally:
        server.kill()
        server.wait()


@case
def http_retries():
    """As often as retry_max says, and no more."""
    d = Dir(Http.block(retries=2))
    d.iac("init")
    d.iac("apply", "-auto-approve")

    def reads(faults, status):
        before = len(Http.control("clear")["log"])
        Http.control(f"fault/500/{faults}")
        said = d.iac("state", "pull", status=status)
        log = Http.control("clear")["log"][before:]
        return said, sum(line.startswith("GET /s") for line in log)
    assert reads(2, 0)[1] == 3
    said, count = reads(3, 1)
    assert count == 3 and "HTTP error: 500" in said, said
    d.configure((d.path / "main.tf").read_text().replace("retry_max = 2", "retry_max = 0").split("}")[0][len("terraform {"):] + "}")
    d.iac("init", "-reconfigure")
    assert reads(1, 1)[1] == 1


@case
def kubernetes_in_a_pod():
    """The account of a pod: its files are mounted for the run alone."""
    Kube.block()
    name = f'backend "kubernetes" {{\nsecret_suffix = "s{Kube.names}"\n'
    d = Dir(f"{name}in_cluster_config = true\n}}")
    host, port = Kube.url.split("//")[1].split(":")
    d.env |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    said = " ".join(d.iac("init", status=1).split())
    assert "there is no service account" in said or "in_cluster_config is set" in said, said
    (d.path / "account").mkdir()
    (d.path / "account/token").write_text("admin-token")
    (d.path / "account/namespace").write_text("default")
    pem = ssl.get_server_certificate((host, int(port)))
    (d.path / "account/ca.crt").write_text(pem)
    inside = ('mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && cp -r account '
              '/run/secrets/kubernetes.io/serviceaccount && exec "$0" "$@"')
    unshare = ["unshare", "-rm", "sh", "-c"]
    if subprocess.run([*unshare, "mount -t tmpfs none /run"], capture_output=True).returncode != 0:
        raise Skip("no mount namespaces")
    for command in (("init",), ("apply", "-auto-approve"), ("plan",)):
        said = d.run(*unshare, inside, harness.IAC, *command)
    no_change(said)
    assert Kube.state()["serial"] > 0


if __name__ == "__main__":
    sys.exit(harness.main())
