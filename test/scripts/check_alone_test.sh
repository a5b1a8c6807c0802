#!/usr/bin/env bash
# scripts/check-alone must refuse a file that compiles only behind another file of its batch.
set -euo pipefail
check=$(cd "$(dirname "$0")/../.." && pwd)/scripts/check-alone
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/build"
batch=$tree/build/unity_0_cxx.cxx

printf '#pragma once\nstruct Shard {};\n' >"$tree/shard.h"
printf '#include "shard.h"\nShard first;\n' >"$tree/first.cc"
printf '#include "%s"\n' "$tree/first.cc" "$tree/second.cc" >"$batch"
printf '[{"directory": "%s", "file": "%s", "command": "env ccache c++ -I%s -o batch.o -c %s"}]\n' \
  "$tree" "$batch" "$tree" "$batch" >"$tree/build/compile_commands.json"

printf '#include "shard.h"\nShard second;\n' >"$tree/second.cc"
output=$("$check" "$tree/build")
[[ $output == 'check-alone: OK, 2 files' ]] || { echo "refused what is right: $output"; exit 1; }

echo 'Shard second;' >"$tree/second.cc"
c++ -I"$tree" -fsyntax-only "$batch"
if output=$("$check" "$tree/build"); then
  echo "took a file that includes nothing: $output"
  exit 1
fi
[[ $output == *"second.cc does not compile by itself"*"Shard"* && $output != *first.cc\ does* ]] ||
  { echo "wrong words: $output"; exit 1; }

echo '[]' >"$tree/build/compile_commands.json"
if "$check" "$tree/build" 2>/dev/null; then
  echo "took a build without batches"
  exit 1
fi
