#!/usr/bin/env bash
# The protocol keeps Buf's rules, but for the exceptions that buf.yaml explains.
set -euo pipefail
# shellcheck source=test/e2e/testing.sh
source test/e2e/testing.sh
find_buf
exec "$buf" lint
