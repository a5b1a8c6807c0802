#!/usr/bin/env bash
# Runs the commands of docs/tutorial.md in a copy of what a clone has: tutorial_test.sh BIN_DIR
# The programs are those of BIN_DIR: step 1 is what has built them.
set -euo pipefail
bin_dir=$(realpath "$1")
root=$(pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# The blocks between ``` of all steps but the first, in order.
sed -n '/^## 2/,$p' docs/tutorial.md | awk '/^```/ { inside = !inside; next } inside' >"$work/commands"
[[ $(wc -l <"$work/commands") -gt 15 ]] || { echo "the tutorial has no commands" >&2; exit 1; }
ln -s "$root/datasets" "$work/datasets"
# Another port than the one on the page: somebody may have it.
port=$((20000 + RANDOM % 20000))
sed -i "s/127\.0\.0\.1:9190/127.0.0.1:$port/g" "$work/commands"

# As in a terminal, where kill knows jobs by their numbers.
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
# Here and on the cluster: one digest.
digests=$(grep -E '^  model digest' "$work/output" | head -n 2 | awk '{ print $NF }' | uniq | wc -l)
[[ $digests == 1 ]] || { cat "$work/output" >&2; echo "two digests" >&2; exit 1; }
[[ $(wc -l <"$work/predictions.csv") == 20001 ]] || { echo "predictions are missing" >&2; exit 1; }
for file in letters.onnx letters.npz letters.json; do
  [[ -s $work/$file ]] || { echo "$file is missing" >&2; exit 1; }
done
# As good as a model of this kind is.
error=$(grep -m1 -oP '^  validation error +\K0\.\d+' "$work/output")
awk -v error="$error" 'BEGIN { exit !(error < 0.06) }' || { echo "error $error" >&2; exit 1; }
