#!/usr/bin/env bash
# The backends against real servers: local state files, the http protocol (tests/backend/server.py), S3 and DynamoDB
# (moto_server), PostgreSQL, Kubernetes (KUBEBUILDER_ASSETS); side by side with Terraform on the same backend where it is
# installed.
exec python3 "$(dirname "$0")/cases.py" "$@"
