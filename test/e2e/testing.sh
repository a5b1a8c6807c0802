# Sourced by the tests beside it, which run at the root of the repository and get the directory of
# the programs as their argument.
# shellcheck shell=bash

# skip REASON: ends the test as skipped.
skip() {
  echo "skipped: $1" >&2
  exit 77
}

# fail MESSAGE: ends the test as failed.
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# expect TEXT PATTERN: PATTERN (an extended regular expression) occurs in TEXT.
expect() {
  grep -Eq -- "$2" <<<"$1" || fail "expected /$2/ in:
$1"
}

# digest_of TEXT: the model digest in it, in a summary's words or as JSON (which has others as well).
digest_of() {
  grep -Po '(model digest +|"modelDigest": *")\K[0-9a-f]{64}\b' <<<"$1" | tail -n 1 ||
    fail "no model digest in:
$1"
}

# local_digest BIN_DIR: what the reference's job on letters gives in a single process.
local_digest() {
  digest_of "$("$1/mlp-client" train --local 4 datasets/letters --preset reference)"
}

# find_buf: sets `buf` to the program, or ends the test as skipped.
find_buf() {
  buf=build/tools/node_modules/.bin/buf
  [[ -x $buf ]] || buf=$(command -v buf) ||
    skip "no buf; scripts/install-dependencies --tests installs it"
}
