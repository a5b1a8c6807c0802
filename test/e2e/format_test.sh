#!/usr/bin/env bash
# Every C++ source is formatted as .clang-format says.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
command -v clang-format-14 >/dev/null ||
  skip "no clang-format-14; scripts/install-dependencies --tests installs it"
git rev-parse --git-dir >/dev/null 2>&1 || skip "not a git checkout"
scripts/format --check || fail "run scripts/format"
