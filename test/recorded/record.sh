#!/usr/bin/env bash
# Usage: test/recorded/record.sh BIN_DIR OUT_DIR
# Records with the programs in BIN_DIR what README.md describes: logs of jobs and a state directory.
# It takes some twenty seconds. The misfortunes are drawn anew each time; it fails if a kind of event
# is missing then, and can be run again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd)
mkdir -p "$2"
cd "$2"
rm -rf logs state

work=$(mktemp -d)
declare -A pids=()
stop_all() {
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop_all EXIT

listen=127.0.0.1:0
start_coordinator() {
  "$bin/mlp-coordinator" --listen "$listen" --data-dir "$work" --state-dir state --log-dir logs \
    2>"$work/coordinator.log" &
  pids[coordinator]=$!
  until listen=$(grep -soPm1 'listening on \K\S+:\d+' "$work/coordinator.log"); do sleep 0.02; done
}
# start_node NAME PROBABILITY DELAY
start_node() {
  "$bin/mlp-node" --listen 127.0.0.1:0 --data-dir "$work" --coordinator "$listen" --name "$1" \
    --load-probability "$2" --load-delay "$3" 2>"$work/$1.log" &
  pids[$1]=$!
}
kill_now() {
  kill -KILL "${pids[$1]}"
  wait "${pids[$1]}" || true
}
client() { "$bin/mlp-client" --coordinator "$listen" "$@"; }
# train OPTION...: submits the job that all share.
train() { client train tiny --rounds 3 --epochs 2 --hidden 3 --learning-rate 0.01 "$@"; }
# await JOB EVENT [ROUND]: waits until the job's log has the event.
await() {
  until grep -s "\"round\":${3:-[0-9]*},\"$2\"" "logs/$1.jsonl" >"$work/found"; do sleep 0.005; done
}

start_coordinator
start_node node-1 0.7 1s
start_node node-2 0.7 1s
start_node node-3 0 0s
client dataset put "$here/tiny"

# Hedged copies, cancelled; rejections, hold-ups.
train --slots 2 --hedge 3ms                                  # job-1
# A node is killed and comes back.
train --policy random --detach                               # job-2
await job-2 attemptFinished
kill_now node-1
await job-2 nodeLeft
start_node node-1 0.7 1s
client watch job-2
# A job that is cancelled, and one that runs out of retries.
train --policy random --detach                               # job-3
await job-3 attemptFinished
client cancel job-3
client watch job-3 || true
train --policy least-load --max-retries 0 || true            # job-4
# The coordinator is killed while some shards of a round are done and others are not.
train --policy random --detach                               # job-5
await job-5 attemptFinished
kill_now coordinator
start_coordinator
client watch job-5
# All nodes go, and one comes back: the job waits.
train --policy random --detach                               # job-6
await job-6 attemptFinished
for node in 1 2 3; do kill_now node-$node; done
await job-6 waiting
start_node node-1 0 0s
client watch job-6
# The other content of a state directory.
client model export job-1 -o "$work/tiny.mlp"
client model import "$work/tiny.mlp" --name imported
start_node node-2 0 0s
until client drain node-2; do sleep 0.1; done
# A job that the coordinator has not finished when it is stopped, and one that is queued.
start_node node-3 0.9 2s
until client nodes | grep -q 'node-3 *up'; do sleep 0.1; done
train --policy random --detach                              # job-7
train --policy power-of-two --detach                               # job-8
await job-7 attemptFinished 2
kill "${pids[coordinator]}"
wait "${pids[coordinator]}" || true

for kind in stateChanged waiting nodeJoined nodeLeft roundStarted attemptDispatched \
  attemptAccepted attemptRejected attemptStarted attemptFinished attemptFailed attemptCancelled \
  roundFinished roundValidated schedulingBegan attemptReleased roundGivenUp resumed resultsKept; do
  grep -q "\"$kind\":" logs/*.jsonl || { echo "no event $kind was recorded" >&2; exit 1; }
done
for said in JOB_STATE_CANCELLED JOB_STATE_FAILED '"keptShards":\[[0-9]' '"hedgeOf":"[1-9]'; do
  grep -q "$said" logs/*.jsonl || { echo "no event says $said" >&2; exit 1; }
done
rm -r state/lock state/uploads
