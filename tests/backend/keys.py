#!/usr/bin/env python3
"""Cases of keys and certificates: where AWS credentials come from, for the provider and the s3 backend alike
(tests/backend/fake_aws.py), what the s3, http and kubernetes backends do with theirs, encryption under each kind of key
over the backends, and encrypted states that others read. As cases.py, whose helpers it uses."""
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import cases
from cases import Dir, Http, Kube, S3, Skip, case, no_change
from fake_aws import Fake, keys_of

cases.cases.clear()
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
                        IAC_PLUGIN_PATH=os.environ.get("IAC_PLUGIN_PATH", str(pathlib.Path(cases.IAC).parent / "providers")))
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


if __name__ == "__main__":
    sys.exit(cases.main())
