# Functions for the scripts that test, which run at the root of the repository and get the directory
# of the programs as their argument.
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

# local_digest BIN_DIR: prints the digest of the reference's job on letters in a single process.
local_digest() {
  digest_of "$("$1/mlp-client" train --local 4 datasets/letters --preset reference)"
}

# find_buf: sets `buf` to the program, or ends the test as skipped.
find_buf() {
  buf=build/tools/node_modules/.bin/buf
  [[ -x $buf ]] || buf=$(command -v buf) ||
    skip "no buf; scripts/install-dependencies --tests installs it"
}

# start_containers: builds the image, starts the cluster of deploy/docker-compose.yml and puts letters
# on it, or ends the test as skipped. Sets `compose`, the command for it, and `work`, a directory;
# both the cluster and the directory go when the test ends.
start_containers() {
  docker info >/dev/null 2>&1 || skip "no container engine: docker info fails"
  if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  elif command -v docker-compose >/dev/null; then
    compose=(docker-compose)
  else
    skip "neither docker compose nor docker-compose is installed"
  fi
  # The port is any free one; the image is the test's own.
  export MLP_PORT=0 MLP_IMAGE=mlp-cluster:test
  compose+=(-p "mlp-test-$$" -f deploy/docker-compose.yml)
  work=$(mktemp -d)
  trap stop_containers EXIT
  trap 'exit 130' INT TERM
  quietly "${compose[@]}" build
  quietly "${compose[@]}" up -d
  quietly "${compose[@]}" exec -T coordinator mlp-client dataset put /data/letters
}

# stop_containers: undoes start_containers; a test that fails shows the containers' last output.
stop_containers() {
  (($? == 0)) || "${compose[@]}" logs --tail=20 >&2 || true
  "${compose[@]}" down --volumes --timeout 1 >/dev/null 2>&1 || true
  rm -rf "$work"
}

# quietly COMMAND...: runs it, and shows its output only if it fails.
quietly() { "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }; }
