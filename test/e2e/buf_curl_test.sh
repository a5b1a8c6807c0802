#!/usr/bin/env bash
# A third-party client that knows none of our .proto files runs a job through server reflection.
set -euo pipefail
# shellcheck source=test/support/testing.sh
source test/support/testing.sh
find_buf
logs=$(mktemp -d)
# shellcheck source=scripts/cluster-processes
source scripts/cluster-processes "$1" "$logs"
trap 'stop_all; rm -rf "$logs"' EXIT
start_cluster 2
url=http://$coordinator

# call METHOD JSON: the reply as JSON; the error goes to stdout too.
call() {
  "$buf" curl --protocol grpc --http2-prior-knowledge --data "$2" "$url/$1" 2>&1
}

services=$("$buf" curl --protocol grpc --http2-prior-knowledge --list-services "$url")
for service in mlp.v1.JobService mlp.v1.ClusterService mlp.v1.ModelService mlp.v1.PredictService \
  grpc.health.v1.Health; do
  expect "$services" "^$service$"
done
expect "$("$buf" curl --protocol grpc --http2-prior-knowledge --list-methods "$url")" \
  '^mlp.v1.JobService/CreateJob$'

for service in '' mlp.v1.JobService mlp.v1.ClusterService; do
  expect "$(call grpc.health.v1.Health/Check "{\"service\": \"$service\"}")" '"SERVING"'
done
expect "$(call mlp.v1.ClusterService/ListNodes '{}')" '"node-2"'

refusal=$(call mlp.v1.JobService/CreateJob '{"spec": {"dataset": "letters", "rounds": 0}}') &&
  fail "zero rounds were accepted: $refusal"
expect "$refusal" '"invalid_argument"'
expect "$refusal" 'google.rpc.BadRequest'
details=$(grep -oP '"value": *"\K[^"]+' <<<"$refusal")
expect "$(base64 --decode 2>/dev/null <<<"$details===" || true)" 'spec\.rounds'

created=$(call mlp.v1.JobService/CreateJob \
  '{"spec": {"dataset": "letters", "preset": "PRESET_REFERENCE"}, "requestId": "buf-curl"}')
expect "$created" '"ACTIVATION_UNRECTIFIED_RELU"'
id=$(grep -oPm1 '"id": *"\K[^"]+' <<<"$created")

events=$(call mlp.v1.JobService/WatchJob "{\"id\": \"$id\"}")
expect "$events" '"roundValidated"'
expect "$events" '"JOB_STATE_SUCCEEDED"'
job=$(call mlp.v1.JobService/GetJob "{\"id\": \"$id\"}")
expect "$job" '"wrongRows": *"1166"'

predicted=$(call mlp.v1.PredictService/Predict \
  "{\"modelId\": \"$id\", \"rows\": [{\"features\": [2, 8, 3, 5, 1, 8, 13, 0, 6, 6, 10, 8, 0, 8, 0, 8]}]}")
expect "$predicted" '"labels": *\['
expect "$predicted" '"probabilities": *\['

wanted=$(local_digest "$1")
for text in "$events" "$job"; do
  [[ $(digest_of "$text") == "$wanted" ]] || fail "digest $(digest_of "$text"), locally $wanted"
done
echo "$id SUCCEEDED, model digest $wanted"
