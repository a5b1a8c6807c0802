#!/usr/bin/env bash
# The letters job on the container cluster while its containers are killed, paused, cut off from their
# network and restarted, by hand: test/programs/container_siege.sh SEED JOBS [DIRECTORY-OF-THE-PROGRAMS]
#
# The seed draws who is hurt, how and for how long; several may be at once. Every job must succeed with
# the digest of a single process.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
(($# >= 2)) || fail "usage: $0 SEED JOBS [DIRECTORY-OF-THE-PROGRAMS]"
jobs=$2
least_faults=5

# The load is enough for a job to outlast its faults.
export LOAD_PROBABILITY=0.8 LOAD_DELAY=500ms
start_containers
wanted=$(local_digest "${3:-build/release/bin}")
network=$(docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}' \
  "$("${compose[@]}" ps -q coordinator)")
mapfile -t victims < <("${compose[@]}" ps -q coordinator && "${compose[@]}" ps -q node)

# harm CONTAINER ALIAS HOW SECONDS: hurts it, and mends it after a while. The alias is its service's,
# which compose gave it in its network.
harm() {
  case $3 in
    kill) docker kill "$1" && sleep "$4" && docker start "$1" ;;
    pause) docker pause "$1" && sleep "$4" && docker unpause "$1" ;;
    cut)
      docker network disconnect "$network" "$1" && sleep "$4" &&
        docker network connect --alias "$2" "$network" "$1"
      ;;
    restart) docker restart "$1" ;;
  esac >/dev/null
}

# train: runs the client in a container of its own, which outlives the coordinator's.
train() {
  docker run --rm --network "$network" "$MLP_IMAGE" --coordinator coordinator:9090 \
    train letters --preset reference --max-retries 100000
}

# mended VICTIM: waits until it is mended; does nothing if it was not hurt.
mended() {
  [[ -z ${hurt[$1]:-} ]] || wait "${hurt[$1]}" || fail "container $1 was not mended"
  unset "hurt[$1]"
}

# siege CLIENT: hurts containers until the client ends, then waits until all are mended.
siege() {
  local victim how seconds
  while kill -0 "$1" 2>/dev/null; do
    victim=$((RANDOM % ${#victims[@]}))
    how=${kinds[RANDOM % ${#kinds[@]}]}
    seconds=$((RANDOM % 4)).$((RANDOM % 10))
    sleep "$((RANDOM % 2)).$((RANDOM % 10))"
    [[ -z ${hurt[victim]:-} ]] || ! kill -0 "${hurt[victim]}" 2>/dev/null || continue
    mended "$victim"
    harm "${victims[victim]}" "$( ((victim == 0)) && echo coordinator || echo node)" "$how" "$seconds" &
    hurt[victim]=$!
    count[$how]=$((${count[$how]} + 1))
    faults=$((faults + 1))
  done
  for victim in "${!victims[@]}"; do mended "$victim"; done
}

RANDOM=$1
kinds=(kill pause cut restart)
declare -A count=([kill]=0 [pause]=0 [cut]=0 [restart]=0)
hurt=()
for ((job = 1; job <= jobs; ++job)); do
  faults=0
  train >"$work/summary" 2>&1 &
  client=$!
  grep -Eqm1 '^round 1/' < <(tail --pid="$client" -n +1 -f "$work/summary") ||
    fail "job $job did not begin: $(cat "$work/summary")"
  siege "$client"
  wait "$client" || fail "job $job: $(cat "$work/summary")"
  [[ $(digest_of "$(cat "$work/summary")") == "$wanted" ]] || fail "job $job: digest is not $wanted"
  ((faults >= least_faults)) || fail "job $job was over too soon, after $faults faults"
  echo "job $job: $faults faults, $(digest_of "$(cat "$work/summary")")"
done
echo "$jobs jobs, ${count[kill]} killed, ${count[pause]} paused, ${count[cut]} cut off," \
  "${count[restart]} restarted: all with digest $wanted"
