#!/usr/bin/env bash
# scripts/check-sizes must find the functions of C++ with their lengths, and refuse what is too large.
set -euo pipefail
check=$(cd "$(dirname "$0")/../.." && pwd)/scripts/check-sizes
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/libmlp"
failed=0

# check_text TEXT: runs the check on a tree of one file with that text.
check_text() {
  printf '%s\n' "$1" >"$tree/libmlp/x.cc"
  "$check" "$tree" 2>&1
}

# finds COUNT LINES LINE TEXT: so many functions are in TEXT; the longest has LINES and begins in LINE.
finds() {
  local output
  output=$(check_text "$4") || true
  if [[ $output != *"largest function: $2 lines, libmlp/x.cc:$3; nine in ten of $1 have "* ]]; then
    printf 'not %s functions, the longest of %s lines in line %s:\n%s\n%s\n' "$1" "$2" "$3" "$4" "$output"
    failed=1
  fi
}

# lines COUNT: so many statements.
lines() { for ((i = 0; i < $1; ++i)); do echo "  Do($i);"; done; }

finds 1 3 1 $'int F() {\n  return 1;\n}'
finds 1 1 1 'int F() { return 1; }'
finds 2 3 2 $'int G() { return 1; }\nint F() {\n  return 1;\n}'
finds 1 3 4 $'namespace a::b {\nnamespace {\n// A comment does not count.\nint F() {\n  return 1;\n}\n}\n}'
finds 1 4 2 $'\ntemplate <class T, int kSize = 3>\nT F(T x = T{3}) {\n  return x;\n}'
finds 1 5 1 $'int F(int a,\n      int b) {\n  if (a) {\n    return 1; } else { return 2;\n}}'
finds 1 4 1 $'auto F() {\n  const auto g = [](int x) { return x; };\n  return g;\n}'
finds 2 2 4 $'class C final : public B<int> {\n public:\n  C() {}\n  int F() const override {\n  }\n};'
finds 1 3 2 $'struct S {\n  S(int a, Lock b)\n      : a_(a), b_{std::move(b)}, c_({1}), d_([this] { Do(); }) {\n  }\n};'
finds 1 2 2 $'extern "C" {\nvoid F() {\n}\n}'
finds 1 2 1 $'extern "C" void F() {\n}'
finds 1 2 1 $'bool operator==(const C& a, const C& b) {\n}'
finds 1 2 1 $'auto F() -> std::vector<int> {\n}'
finds 1 3 1 $'TEST_CASE("a test; { is one, too") {\n  F();\n}'
finds 1 5 1 $'std::string F() {\n  // }\n  return "}" R"(\n  }")" + \'}\';\n}'
finds 1 2 4 $'#define BEGIN {\nconst std::vector<int> kTable = {1, 2, 3};\nenum class E { kA, kB };\nvoid F() {\n}'
finds 1 50 1 "void F() {"$'\n'"$(lines 48)"$'\n}'

# refuses WHAT: the check fails on the tree as it is, and says WHAT.
refuses() {
  local output
  if output=$("$check" "$tree" 2>&1); then
    echo "not refused: $1"
    failed=1
  elif ! grep -qxF -- "$1" <<<"$output"; then
    printf 'refused, but not as it should: %s\n%s\n' "$1" "$output"
    failed=1
  fi
}

check_text "void F() {"$'\n'"$(lines 48)"$'\n}' >/dev/null || { echo "50 lines are refused"; failed=1; }
check_text "void F() {"$'\n'"$(lines 49)"$'\n}' >/dev/null || true
refuses 'libmlp/x.cc:1: 51 lines; at most 50 are allowed in a function'
check_text "int F() { return 1; }"$'\n'"$(for ((i = 1; i < 450; ++i)); do echo "int v$i;"; done)" >/dev/null ||
  { echo "450 lines are refused"; failed=1; }
echo 'int more;' >>"$tree/libmlp/x.cc"
refuses 'libmlp/x.cc: 451 lines; at most 450 are allowed in a file'
check_text 'int F() { return 1; }' >/dev/null
for ((i = 1; i < 35; ++i)); do echo >"$tree/libmlp/$i.cc"; done
refuses 'libmlp: 35 files; at most 34 are allowed in a folder'
rm "$tree/libmlp"/*
refuses "check-sizes: no functions below $tree"
exit "$failed"
