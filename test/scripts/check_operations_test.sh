#!/usr/bin/env bash
# scripts/check-operations must refuse a sentence without a test, and a test that is not there.
set -euo pipefail
check=$(cd "$(dirname "$0")/../.." && pwd)/scripts/check-operations
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# The build has one test that ctest runs, and one that it does not.
cat > "$work/CTestTestfile.cmake" <<'TESTS'
add_test([==[unit_test:a node waits, it says]==] "true")
add_test(script "true")
add_test(disabled "true")
set_tests_properties(disabled PROPERTIES DISABLED TRUE)
# add_test(commented "true")
TESTS

check_text() {
  printf '%s\n' "$1" > "$work/text.md"
  "$check" "$work/text.md" "$work" 2>&1
}

# refuses TEXT LINE WORDS
refuses() {
  local output
  if output=$(check_text "$1"); then
    printf 'not refused: %s\n' "$1"
    failed=1
  elif [[ $output != "$work/text.md:$2: "*"$3"* ]]; then
    printf 'refused, but not as it should: %s\n%s\n' "$1" "$output"
    failed=1
  fi
}

# accepts TEXT SENTENCES
accepts() {
  local output
  if ! output=$(check_text "$1") || [[ $output != "check-operations: OK, $2 sentences" ]]; then
    printf 'not accepted: %s\n%s\n' "$1" "$output"
    failed=1
  fi
}

waits='<!-- unit_test:a node waits, it says -->'

accepts "It waits. $waits" 1
accepts "It waits. $waits It does. <!-- script -->" 2
accepts "It waits. $waits <!-- script -->" 1
accepts $'# It. Heads.\n\n- [It](#it)\n\n- **See:** it waits,\n  and how.\n  <!-- unit_test:a node\n  waits, it says -->\n- \
It ends with `1. No`. <!-- script -->' 2
accepts $'```\nrun it. Now\n```\n<!-- script -->' 1
accepts $'Say this: <!-- script -->\n```\nrun\n```\n\n<!-- script -->' 2

refuses 'It waits.' 1 'no test shows: It waits.'
refuses "It waits. $waits It does." 1 'no test shows: It does.'
refuses "It waits. It does. $waits" 1 'several sentences'
refuses "(It waits.) \`Does\` it? $waits" 1 'several sentences'
refuses $'# It\n\nIt waits.\n\n'"$waits" 3 'no test shows: It waits.'
refuses $'- It waits\n- It does. <!-- script -->' 1 'no test shows: It waits'
refuses $'- [It](#it) waits' 1 'no test shows'
refuses '| it | waits |' 1 'no test shows'
refuses $'```\nrun\n```' 1 'no test shows: commands.'
refuses $'```\nrun\n```\nIt runs. <!-- script -->' 1 'several sentences'
refuses 'It waits. <!-- unit_test:a node waits -->' 1 'there is no test "unit_test:a node waits"'
refuses 'It waits. <!-- commented -->' 1 'there is no test'
refuses 'It waits. <!-- disabled -->' 1 'there is no test'
refuses 'It waits. <!-- -->' 1 'there is no test ""'
refuses 'It waits. <!-- script' 1 'a comment without an end'
refuses "$waits" 1 'a test without a sentence'
refuses '# It' 1 'there is no sentence'

rm "$work/CTestTestfile.cmake"
if "$check" "$work/text.md" "$work" >/dev/null 2>&1; then
  echo "a build without tests is not an error"
  failed=1
fi
exit "$failed"
