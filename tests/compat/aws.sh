#!/usr/bin/env bash
# AWS configurations through Terraform and through iac against servers on loopback: see aws.py. TF_AWS_MIRROR names a
# folder that holds Terraform's AWS provider; without it, the comparison is skipped, visibly.
exec python3 "$(dirname "$0")/aws.py" "$@"
