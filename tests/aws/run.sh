#!/usr/bin/env bash
# The AWS provider against moto_server on loopback: the seed configuration through its whole life, default tags, import,
# signatures that the server verifies, and errors. IAC names the program (default build/iac), PLUGINS the folder of its
# providers. Where moto_server or the aws command line is missing, the tests that need it are skipped.
set -uo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
IAC=$(realpath -m "${IAC:-$root/build/iac}")
export IAC_PLUGIN_PATH=${PLUGINS:-$(dirname "$IAC")/providers}
work=$(mktemp -d)
servers=()
passed=0 failed=0 skipped=0

finish() {
    for pid in "${servers[@]:-}"; do
        [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    rm -rf "$work"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
trap 'finish' EXIT
. "$root/tests/lib.sh"

ok() { # NAME COMMAND...: the command succeeds
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        sed 's/^/    /' "$work/log" | tail -40
    fi
}

skip() { # NAME WHY
    echo "SKIP $1: $2"
    skipped=$((skipped + 1))
}

# Nothing of this machine's AWS set-up, and nothing beyond loopback.
unset "${!AWS_@}" http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=

# Starts a server and leaves its address in AWS_ENDPOINT_URL. Arguments are VARIABLE=value for it.
start_server() {
    start_moto "$work/moto-${#servers[@]}" "$@" || return 1
    servers+=("$moto_pid")
    export AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port
}

says() { # TEXT COMMAND...: the output of the command, which must succeed, holds the text
    local text=$1 out
    shift
    out=$("$@" 2>&1) || { echo "$out"; return 1; }
    grep -qF -- "$text" <<<"$out" || { echo "$out"; echo "missing: $text"; return 1; }
}

fails_saying() { # TEXT COMMAND...: the command fails, and its output (lines joined) holds the text
    local text=$1 out
    shift
    out=$("$@" 2>&1) && { echo "$out"; echo "did not fail"; return 1; }
    tr -s ' \n│' ' ' <<<"$out" | grep -qF -- "$text" || { echo "$out"; echo "missing: $text"; return 1; }
}

iac() { "$IAC" "$@"; }
cli() { aws --region us-east-1 --output text "$@"; }
plan_text() { says "$1" iac plan -no-color -input=false; }
apply() { says "$1" iac apply -no-color -input=false -auto-approve; }
no_changes() { iac plan -no-color -input=false -detailed-exitcode; }
new_folder() { mkdir -p "$work/$1" && cd "$work/$1" || exit 1; }
vpcs() { cli ec2 describe-vpcs --filters Name=is-default,Values=false --query 'length(Vpcs)'; }
tag() { cli ec2 describe-vpcs --filters Name=is-default,Values=false --query "Vpcs[0].Tags[?Key=='$1'].Value"; }
is() { local out; out=$("${@:2}"); [ "$out" = "$1" ] || { echo "want: $1"; echo "have: $out"; return 1; }; }

seed() {
    new_folder seed
    cp "$root"/tests/aws/seed/*.tf .
    chmod u+w ./*.tf
    ok "seed: init" iac init -no-color -input=false
    ok "seed: validate" iac validate -no-color
    ok "seed: plan" says "Plan: 5 to add, 0 to change, 0 to destroy." iac plan -no-color -input=false -out=p
    ok "seed: apply the saved plan" says "Resources: 5 added, 0 changed, 0 destroyed." iac apply -no-color p
    ok "seed: the second plan is empty" no_changes
    ok "seed: the server has the VPC" is 1 vpcs
    ok "seed: the server has its name" is myapp-vpc tag Name
    ok "seed: the server has two subnets" is 2 cli ec2 describe-subnets --filters Name=tag:Name,Values=myapp-public-* \
        --query 'length(Subnets)'
    ok "seed: the server has the cluster's setting" is enabled cli ecs describe-clusters --clusters myapp-cluster \
        --include SETTINGS --query 'clusters[0].settings[0].value'
    ok "seed: the server has the task" is 256 cli ecs describe-task-definition --task-definition myapp \
        --query taskDefinition.cpu

    sed -i 's/Name = "myapp-vpc"/Name = "renamed"/' main.tf
    ok "seed: a tag changes in place" plan_text "Plan: 0 to add, 1 to change, 0 to destroy."
    ok "seed: it is applied" apply "Resources: 0 added, 1 changed, 0 destroyed."
    ok "seed: the server has the tag" is renamed tag Name
    ok "seed: nothing is left to change" no_changes

    sed -i 's/cpu                      = "256"/cpu                      = "512"/; s/= "512"$/= "1024"/' main.tf
    ok "seed: a task definition is replaced" plan_text "-/+ resource \"aws_ecs_task_definition\" \"app\""
    sed -i 's/10.0.${count.index}.0/10.0.1${count.index}.0/' main.tf
    ok "seed: so are subnets of another range" plan_text "Plan: 3 to add, 0 to change, 3 to destroy."
    ok "seed: replacements are applied" apply "Resources: 3 added, 0 changed, 3 destroyed."
    ok "seed: the server has the new range" is 10.0.10.0/24 cli ec2 describe-subnets \
        --filters Name=tag:Name,Values=myapp-public-0 --query 'Subnets[0].CidrBlock'
    ok "seed: nothing is left to replace" no_changes

    cli ec2 create-tags --resources "$(cli ec2 describe-vpcs --filters Name=tag:Name,Values=renamed \
        --query 'Vpcs[0].VpcId')" --tags Key=Name,Value=elsewhere >/dev/null
    ok "seed: a change made elsewhere is seen" plan_text '"elsewhere" -> "renamed"'
    cli ecs delete-cluster --cluster myapp-cluster >/dev/null
    ok "seed: what is gone is made again" plan_text "# aws_ecs_cluster.main will be created"
    ok "seed: both are put right" apply "Resources: 1 added, 1 changed, 0 destroyed."

    ok "seed: destroy" says "Destroy complete! Resources: 5 destroyed." iac destroy -no-color -auto-approve
    ok "seed: no VPC is left" is 0 vpcs
    ok "seed: no cluster is left" is INACTIVE cli ecs describe-clusters --clusters myapp-cluster \
        --query 'clusters[0].status'
    ok "seed: no task is left" is "" cli ecs list-task-definitions --query 'taskDefinitionArns[]'
}

tags_and_import() {
    new_folder tags
    cat >main.tf <<'HCL'
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { Team = "a", Name = "default" }
  }
  ignore_tags {
    key_prefixes = ["auto/"]
  }
}

resource "aws_vpc" "a" {
  cidr_block           = "10.9.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "own" }
}
HCL
    iac init -no-color -input=false >/dev/null
    ok "tags: defaults and own" apply "Resources: 1 added"
    ok "tags: own wins" is own tag Name
    ok "tags: default reaches the server" is a tag Team
    id=$(cli ec2 describe-vpcs --filters Name=is-default,Values=false --query 'Vpcs[0].VpcId')
    cli ec2 create-tags --resources "$id" --tags Key=auto/x,Value=1 >/dev/null
    ok "tags: ignored ones are no difference" no_changes
    ok "import: forget" iac state rm aws_vpc.a
    ok "import: take it back" iac import -no-color -input=false aws_vpc.a "$id"
    ok "import: nothing to change" no_changes
    printf 'resource "aws_vpc" "b" {\n}\n' >b.tf
    ok "import: something that is not there" fails_saying "Cannot import non-existent remote object" \
        iac import -no-color -input=false aws_vpc.b vpc-0123
    rm b.tf
    iac destroy -no-color -auto-approve >/dev/null
}

# The server checks every signature after its first three calls, which make the user whose keys are used.
signatures() {
    start_server INITIAL_NO_AUTH_ACTION_COUNT=3 || { skip signatures "no second moto_server"; return; }
    cli iam create-user --user-name u >/dev/null
    read -r id secret <<<"$(cli iam create-access-key --user-name u --query 'AccessKey.[AccessKeyId,SecretAccessKey]')"
    cli iam put-user-policy --user-name u --policy-name p --policy-document \
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}' >/dev/null
    new_folder signed
    cp "$root"/tests/aws/seed/*.tf .
    iac init -no-color -input=false >/dev/null
    ok "signatures: the right key" env AWS_ACCESS_KEY_ID="$id" AWS_SECRET_ACCESS_KEY="$secret" \
        "$IAC" apply -no-color -auto-approve
    ok "signatures: a wrong key is refused" fails_saying "StatusCode: 403" env AWS_ACCESS_KEY_ID="$id" \
        AWS_SECRET_ACCESS_KEY=wrong "$IAC" plan -no-color
    ok "signatures: an unknown key is refused" fails_saying "InvalidClientTokenId" env AWS_ACCESS_KEY_ID=AKIAUNKNOWN \
        AWS_SECRET_ACCESS_KEY=x "$IAC" plan -no-color
    ok "signatures: keys of a profile" env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_PROFILE=p \
        AWS_SHARED_CREDENTIALS_FILE=<(printf '[p]\naws_access_key_id=%s\naws_secret_access_key=%s\n' "$id" "$secret") \
        "$IAC" plan -no-color -detailed-exitcode
    env AWS_ACCESS_KEY_ID="$id" AWS_SECRET_ACCESS_KEY="$secret" "$IAC" destroy -no-color -auto-approve >/dev/null
}

errors() {
    new_folder errors
    printf 'resource "aws_subnet" "a" {\n  vpc_id     = "vpc-0123456789abcdef0"\n  cidr_block = "10.0.0.0/24"\n}\n' >main.tf
    printf 'provider "aws" {\n  region = "us-east-1"\n  max_retries = 1\n}\n' >provider.tf
    iac init -no-color -input=false >/dev/null
    ok "errors: the API's code and message" fails_saying "api error InvalidVpcID.NotFound:" iac apply -no-color -auto-approve
    ok "errors: nothing is in the state" is "" iac state list
    printf 'resource "aws_vpc" "a" {\n  cidr_block = "nonsense"\n}\n' >main.tf
    ok "errors: a bad range is told at once" fails_saying "invalid CIDR address: nonsense" iac validate -no-color
    printf 'resource "aws_vpc" "a" {\n  cidr_block = "10.0.0.0/16"\n  instance_tenancy = "x"\n}\n' >main.tf
    ok "errors: so is a wrong word" fails_saying 'to be one of ["default" "dedicated"], got x' iac validate -no-color
    printf 'data "aws_caller_identity" "a" {\n}\n' >main.tf
    ok "errors: nobody listens" fails_saying "request send failed" env AWS_ENDPOINT_URL=http://127.0.0.1:1 \
        "$IAC" plan -no-color
    ok "errors: no credentials" fails_saying "No valid credential sources found" env -u AWS_ACCESS_KEY_ID \
        -u AWS_SECRET_ACCESS_KEY "$IAC" plan -no-color
}

# Another implementation signs the same request: the Authorization headers must agree.
other_signer() {
    if ! python3 -c 'import botocore' 2>/dev/null; then
        skip "other signer" "botocore is not installed"
        return
    fi
    ok "other signer: botocore agrees" python3 "$root/tests/aws/compare_signer.py" "$IAC"
}

if [ ! -x "$IAC" ]; then
    skip "all" "no $IAC"
    exit
fi
if ! command -v moto_server >/dev/null || ! moto_server --help >/dev/null 2>&1; then
    skip "all" "moto_server is not installed"
    exit
fi
if ! command -v aws >/dev/null; then
    skip "all" "the aws command line is not installed"
    exit
fi
start_server || exit
seed
tags_and_import
errors
other_signer
signatures
exit
