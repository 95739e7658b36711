# A run killed between a request to AWS and its answer; sourced by run.sh with moto_server at $server on $moto_port.
# The server is stopped meanwhile: the request waits in its socket, and is carried out after the run is dead.

fresh killed-aws
export AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port AWS_DEFAULT_REGION=$AWS_REGION
aws_config() { # RESOURCES
    cat <<'TF'
provider "aws" {
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
}
TF
    echo "$1"
}
unread() { # the server has a request that it has not read
    awk -v port="$(printf ':%04X$' "$moto_port")" '$2 ~ port && $4 == "01" && $5 !~ /:0+$/ { found = 1 }
        END { exit !found }' /proc/net/tcp
}
killed_asking() { # EFFECT COMMAND...: kills the command once its request has left, and waits for the effect
    local effect=$1 pid
    shift
    kill -STOP "$server"
    rm -f "$work/killed.out"
    "$@" >"$work/killed.out" 2>&1 &
    pid=$!
    await grep -Eq "Creating\.\.\.|Destroying\.\.\." "$work/killed.out" && await unread || cat "$work/killed.out"
    kill -KILL $pid
    wait $pid 2>/dev/null
    kill -CONT "$server"
    await "$effect" || echo "no effect: $effect"
}
vpcs() {
    aws ec2 describe-vpcs --filters Name=is-default,Values=false --query 'Vpcs[].VpcId' --output text
}
there_is_a_cluster() {
    [ "$(aws ecs describe-clusters --clusters killed --query 'clusters[0].status' --output text)" = ACTIVE ]
}
there_is_a_vpc() {
    [ -n "$(vpcs)" ]
}
there_is_no_vpc() {
    [ -z "$(vpcs)" ]
}
cluster='resource "aws_ecs_cluster" "c" {
  name = "killed"
  tags = { a = "b" }
}'
vpc='resource "aws_vpc" "v" {
  cidr_block = "10.7.0.0/16"
  tags       = { Name = "killed" }
}'
if command -v aws >/dev/null; then
    aws_config "$cluster" >main.tf
    killed_asking there_is_a_cluster "$IAC" apply -no-color -auto-approve
    run "an AWS object with a name is found again" 0 "aws_ecs_cluster.c was created; it is recorded now" \
        "$IAC" apply -no-color -auto-approve
    run "and fits" 0 "No changes" "$IAC" plan -no-color -detailed-exitcode
    run "refresh before the destroy" 0 "" "$IAC" refresh -no-color

    aws_config "$cluster
$vpc" >main.tf
    killed_asking there_is_a_vpc "$IAC" apply -no-color -auto-approve -refresh=false
    id=$(vpcs)
    aws ec2 create-vpc --cidr-block 10.7.0.0/16 --tag-specifications \
        'ResourceType=vpc,Tags=[{Key=Name,Value=killed}]' --query Vpc.VpcId --output text >"$work/other"
    run "one without is found again by its tag, though another is like it" 0 \
        "aws_vpc.v was created; it is recorded now" "$IAC" apply -no-color -auto-approve
    run "and it fits" 0 "No changes" "$IAC" plan -no-color -detailed-exitcode
    [ "$("$IAC" state show -no-color aws_vpc.v | sed -nE 's/^ *id *= "(.*)"$/\1/p')" = "$id" ] && pass ||
        fail "another VPC was recorded"
    aws ec2 delete-vpc --vpc-id "$(cat "$work/other")"

    sed -i 's/"10.7.0.0/"10.8.0.0/' main.tf
    "$IAC" apply -no-color -auto-approve >"$work/out" 2>&1 || fail "a VPC is replaced"
    id=$(vpcs)
    aws ec2 describe-tags --filters "Name=resource-id,Values=$id" --query 'Tags[].Key' --output text >"$work/tags"
    [ "$(cat "$work/tags")" = Name ] && pass || fail "the tag of a change is left: $(cat "$work/tags")"
    sed -i 's/"10.8.0.0/"10.7.0.0/' main.tf

    killed_asking there_is_no_vpc "$IAC" destroy -no-color -auto-approve -refresh=false
    run "what was destroyed is known to be gone" 0 "was destroyed" "$IAC" destroy -no-color -auto-approve
    [ -z "$(vpcs)" ] && [ -z "$("$IAC" state list)" ] && pass || fail "something is left of the VPC"

    aws_config "$vpc" >main.tf
    killed_asking there_is_a_vpc "$IAC" apply -no-color -auto-approve
    run "an intent can be dismissed" 0 "Dismissed aws_vpc.v" "$IAC" state dismiss aws_vpc.v
    "$IAC" plan -no-color >"$work/out" 2>&1
    grep -q "left an object behind" "$work/out" && fail "what was dismissed is told again" || pass
else
    skip "killed AWS runs: no aws command"
fi
unset AWS_ENDPOINT_URL AWS_DEFAULT_REGION
