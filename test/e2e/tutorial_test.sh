#!/usr/bin/env bash
# Runs the commands of docs/tutorial.md in a copy of a clone's files: tutorial_test.sh BIN_DIR
# The programs are those of BIN_DIR, which step 1 has built.
set -euo pipefail
bin_dir=$(realpath "$1")
root=$(pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# The blocks between ``` of all steps but the first, in order.
sed -n '/^## 2/,$p' docs/tutorial.md | awk '/^```/ { inside = !inside; next } inside' >"$work/commands"
[[ $(wc -l <"$work/commands") -gt 15 ]] || { echo "the tutorial has no commands" >&2; exit 1; }
ln -s "$root/datasets" "$work/datasets"
# The port is not the one on the page: somebody may have that.
port=$((20000 + RANDOM % 20000))
sed -i "s/127\.0\.0\.1:9190/127.0.0.1:$port/g" "$work/commands"

# Job control is on as in a terminal: kill knows jobs by their numbers.
export PATH=$bin_dir:$PATH
(cd "$work" && bash -euo pipefail -m ./commands) >"$work/output" 2>&1 || {
  cat "$work/output" >&2
  exit 1
}

expect() {
  grep -qE "$1" "$work/output" || { cat "$work/output" >&2; echo "missing: $1" >&2; exit 1; }
}
expect 'letters.csv'
expect '^job-1 SUCCEEDED'
# The digest is the same here and on the cluster.
digests=$(grep -E '^  model digest' "$work/output" | head -n 2 | awk '{ print $NF }' | uniq | wc -l)
[[ $digests == 1 ]] || { cat "$work/output" >&2; echo "two digests" >&2; exit 1; }
[[ $(wc -l <"$work/predictions.csv") == 20001 ]] || { echo "predictions are missing" >&2; exit 1; }
for file in letters.onnx letters.npz letters.json; do
  [[ -s $work/$file ]] || { echo "$file is missing" >&2; exit 1; }
done
# The error is that of a good model of this kind.
error=$(grep -m1 -oP '^  validation error +\K0\.\d+' "$work/output")
awk -v error="$error" 'BEGIN { exit !(error < 0.06) }' || { echo "error $error" >&2; exit 1; }
