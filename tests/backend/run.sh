#!/usr/bin/env bash
# The backends against real servers: local state files, the http protocol (tests/backend/server.py), S3 and DynamoDB
# (moto_server), PostgreSQL; side by side with Terraform on the same backend where both are installed.
exec python3 "$(dirname "$0")/cases.py" "$@"
