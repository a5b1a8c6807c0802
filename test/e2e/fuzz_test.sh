#!/usr/bin/env bash
# Every fuzzer runs for 20 s, or FUZZ_SECONDS, from its seeds and finds nothing.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
command -v clang++-14 >/dev/null || scripts/install-dependencies --fuzz ||
  skip "no clang++-14; scripts/install-dependencies --fuzz installs it"
scripts/fuzz "${FUZZ_SECONDS:-20}" || fail "a fuzzer found something"
