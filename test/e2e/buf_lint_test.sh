#!/usr/bin/env bash
# The protocol keeps Buf's rules, but for the exceptions that buf.yaml explains.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
find_buf
exec "$buf" lint
