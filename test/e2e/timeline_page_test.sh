#!/usr/bin/env bash
# The page of `timeline --html`, in a browser: legible, without errors, and it zooms.
#
# With SCREENSHOTS=DIRECTORY in the environment it leaves pictures of the page there.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
bin=$1

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  skip "no Chromium; scripts/install-dependencies --tests installs it"
if [[ ! -d build/tools/node_modules/playwright-core ]] || ! command -v node >/dev/null; then
  skip "no playwright-core to drive Chromium; scripts/install-dependencies --tests installs it"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bin/mlp-client" train --local 4 datasets/letters --preset reference --rounds 4 \
  --load-probability 0.5 --load-delay 50ms --log-dir "$work/logs" >"$work/train.txt" ||
  fail "the job failed: $(cat "$work/train.txt")"
log=$(echo "$work"/logs/*.jsonl)
"$bin/mlp-client" timeline "$log" --html "$work/page.html" --csv "$work/attempts.csv" >/dev/null
attempts=$(($(wc -l <"$work/attempts.csv") - 1))

node test/e2e/timeline_page.mjs "$chromium" "$work" "$attempts" "${SCREENSHOTS:-}"
