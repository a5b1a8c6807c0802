#!/usr/bin/env bash
# Every instruction set that this machine has trains the same bits, alone and mixed in one cluster.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
bin_dir=$1
log_dir=$(mktemp -d)
# shellcheck source=scripts/cluster-processes
source scripts/cluster-processes "$bin_dir" "$log_dir"
trap 'stop_all; rm -rf "$log_dir"' EXIT

# A program refuses a set that its machine lacks.
sets=(scalar-fma avx2)
if grep -qw avx512f /proc/cpuinfo; then
  sets+=(avx512)
else
  echo "this machine has no AVX-512: it is left out" >&2
fi

for precision in float64 float32; do
  wanted=
  for set in "${sets[@]}"; do
    digest=$(digest_of "$(MLP_INSTRUCTION_SET=$set "$bin_dir/mlp-client" train --local 4 \
      datasets/letters --preset reference --precision "$precision" --rounds 10)")
    echo "$precision $set: $digest"
    [[ $digest == "${wanted:=$digest}" ]] || fail "$precision on $set is not $wanted"
  done
done

# Nodes of every kind, and a coordinator of another.
nodes=
for set in "${sets[@]}" scalar-fma; do
  MLP_INSTRUCTION_SET=$set start "node-${#pids[@]}" mlp-node --name "node-${#pids[@]}"
  nodes+=${nodes:+,}$address
done
MLP_INSTRUCTION_SET=scalar-fma start coordinator mlp-coordinator --nodes "$nodes"
summary=$("$bin_dir/mlp-client" --coordinator "$address" train letters --preset reference)
[[ $(digest_of "$summary") == "$(local_digest "$bin_dir")" ]] || fail "mixed machines: $summary"
echo "mixed: $(digest_of "$summary")"
logged=$(grep -ho 'instruction set [a-z0-9-]*' "$log_dir"/*.log | sort -u)
for set in "${sets[@]}"; do
  expect "$logged" "$set"
done
