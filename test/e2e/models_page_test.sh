#!/usr/bin/env bash
# Runs the examples of docs/models.md that need no coordinator, and compares what they print with
# what the page says: models_page_test.sh BIN_DIR
# Lines after "$ cat FILE" make that file; those after another "$ COMMAND" are its output.
set -euo pipefail
bin_dir=$(realpath "$1")
page=$(pwd)/docs/models.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH=$bin_dir:$PATH
cd "$work"

sed '/^## Export/,$d' "$page" | awk '
  /^```/ { inside = !inside; next }
  !inside { next }
  /^\$ cat / { to = $3; next }
  /^\$ / { to = ++commands ".expected"; print substr($0, 3) >(commands ".command") }
  !/^\$ / { print >to }'
count=$(find . -name '*.command' | wc -l)
[[ $count -ge 4 ]] || { echo "the page has $count commands only" >&2; exit 1; }
for ((i = 1; i <= count; ++i)); do
  bash -euo pipefail "$i.command" >"$i.output"
  diff -u "$i.expected" "$i.output" || { echo "not what the page says: $(<"$i.command")" >&2; exit 1; }
done
