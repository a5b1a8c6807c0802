#!/usr/bin/env bash
# The container cluster trains the same bits as one process does, also when a node is killed, and
# stops within its grace period.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
# The load is enough for a job to last some seconds.
export LOAD_PROBABILITY=0.8 LOAD_DELAY=100ms
train() { "${compose[@]}" exec -T coordinator mlp-client train letters --preset reference; }

start_containers
mapfile -t containers < <("${compose[@]}" ps -q)
((${#containers[@]} == 5)) || fail "${#containers[@]} containers instead of 5"
wanted=$(local_digest "$1")

summary=$(train)
expect "$summary" '0\.3331 \(1166 of 3500'
[[ $(digest_of "$summary") == "$wanted" ]] || fail "digest is not $wanted: $summary"
echo "undisturbed: $(digest_of "$summary")"

train >"$work/summary" 2>&1 &
client=$!
grep -Eqm1 '^round 3/' < <(tail --pid="$client" -n +1 -f "$work/summary") ||
  fail "the job did not reach round 3: $(cat "$work/summary")"
victim=$("${compose[@]}" ps -q node | head -n 1)
docker kill "$victim" >/dev/null
kill -0 "$client" || fail "the job ended before the node was killed"
wait "$client" || fail "the job failed: $(cat "$work/summary")"
[[ $(digest_of "$(cat "$work/summary")") == "$wanted" ]] || fail "digest is not $wanted"
echo "one node killed: $(digest_of "$(cat "$work/summary")")"
docker start "$victim" >/dev/null
until [[ $(docker inspect --format '{{.State.Health.Status}}' "$victim") == healthy ]]; do
  sleep 0.2
done

quietly "${compose[@]}" stop
for container in "${containers[@]}"; do
  exited=$(docker inspect --format '{{.Name}} exited {{.State.ExitCode}}' "$container")
  expect "$exited" 'exited 0$'
done
echo "all programs exited 0"
