#!/usr/bin/env bash
# scripts/check-includes must refuse every include that the arrows forbid, and no other.
set -euo pipefail
check=$(cd "$(dirname "$0")/../.." && pwd)/scripts/check-includes
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# check_file PATH INCLUDE: runs the check on a tree of one file with that one include, in line 2.
check_file() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/$(dirname "$1")"
  printf '// A file.\n#include %s\n' "$2" > "$tree/$1"
  "$check" "$tree" 2>&1
}

refuses() {
  local output
  if output=$(check_file "$1" "$2"); then
    echo "not refused: $1 includes $2"
    failed=1
  elif [[ $output != "$1:2: "*" may include only: "* ]]; then
    echo "refused, but not as it should: $1 includes $2: $output"
    failed=1
  fi
}

accepts() {
  local output
  if ! output=$(check_file "$1" "$2") || [[ $output != "check-includes: OK, 1 files" ]]; then
    echo "not accepted: $1 includes $2: $output"
    failed=1
  fi
}

refuses libmlp/train/x.h '"services/base/sha256.h"'
refuses libmlp/train/x.cc '"services/async/task.h"'
refuses libmlp/train/x.cc '"mlp/v1/model.pb.h"'
refuses libmlp/train/x.cc '<grpcpp/grpcpp.h>'
refuses libmlp/train/x.cc '<thread>'
refuses services/base/x.h '"libmlp/model/parameters.h"'
refuses services/base/x.h '<spdlog/spdlog.h>'
for include in '"mlp/v1/node.pb.h"' '"services/async/task.h"' '"services/wire/model_proto.h"'; do
  refuses services/attempt/train_task.h "$include"
done
refuses services/async/x.h '"absl/status/status.h"'
refuses services/async/x.h '"services/base/sha256.h"'

for pure in services/coordinator/{scheduler,scheduler/policies,membership,job}/x.h \
  services/node/{cache,load}/x.cc; do
  for include in '"services/async/task.h"' '"mlp/v1/job.pb.h"' '<google/protobuf/message.h>' '<grpcpp/alarm.h>' \
    '<thread>' '<mutex>' '<coroutine>' '"absl/time/clock.h"' '"absl/synchronization/mutex.h"' '<unistd.h>'; do
    refuses "$pure" "$include"
  done
done
refuses services/coordinator/job/aggregator.cc '"services/coordinator/run/run_round.h"'
refuses services/coordinator/job/job.h '"services/coordinator/api/job_service.h"'
refuses services/node/cache/shard_cache.h '"services/node/node_service.h"'

for flow in services/coordinator/{run,store}/x.cc services/node/run/node.h; do
  for include in '"mlp/v1/job.pb.h"' '"mlp/v1/job.grpc.pb.h"' '<grpcpp/alarm.h>' '<grpc/grpc.h>' \
    '"services/rpc/loop.h"' '"services/wire/model_proto.h"' '"services/coordinator/nodes/grpc_cluster.h"'; do
    refuses "$flow" "$include"
  done
done

refuses services/rpc/x.h '"libmlp/model/parameters.h"'
for include in coordinator/job node/node local/local_cluster wire/model_proto; do
  refuses services/rpc/x.h "\"services/$include.h\""
done
refuses services/wire/x.h '<grpcpp/grpcpp.h>'
refuses services/wire/x.h '"mlp/v1/job.grpc.pb.h"'
refuses services/wire/x.h '"services/coordinator/job/job.h"'
refuses services/wire/x.h '"services/node/run/node.h"'
refuses services/coordinator/nodes/grpc_cluster.cc '"services/node/run/node.h"'
refuses services/node/main.cc '"services/coordinator/job/job.h"'
for other in services/coordinator/{store,job}/x.cc services/{node,local,rpc,wire}/x.cc cli/x.cc; do
  refuses "$other" '<sqlite3.h>'
done
refuses bench/x.cc '<grpcpp/grpcpp.h>'
# Folders that the table does not know, whatever the file includes.
for unknown in services/other/x.h services/coordinator/other/x.h services/coordinator/run/deeper/x.cc libmlp/x.h bench/other/x.cc; do
  output=$(check_file "$unknown" '<string>') && { echo "not refused: $unknown"; failed=1; }
  [[ $output == "$unknown:1: its folder is not in the table of scripts/check-includes" ]] ||
    { echo "refused, but not as it should: $unknown: $output"; failed=1; }
done

refuses services/coordinator/main.cc '"coordinator.h"'
refuses services/coordinator/main.cc '"../async/task.h"'
refuses cli/main.cc '"async/task.h"'
for other in cli/x.cc cli/job/x.cc; do
  for include in '<grpcpp/channel.h>' '"mlp/v1/job.grpc.pb.h"' '"services/rpc/status.h"'; do
    refuses "$other" "$include"
  done
done

accepts libmlp/train/x.cc '<xtensor/xtensor.hpp>'
accepts libmlp/train/team.h '<thread>'
accepts services/base/x.cc '<openssl/sha.h>'
for either in services/coordinator/{scheduler,run,nodes}/x.h services/node/run/x.h services/wire/x.h; do
  accepts "$either" '"services/attempt/reject_reason.h"'
done
accepts services/async/x.h '<thread>'
accepts services/coordinator/scheduler/x.cc '"absl/status/status.h"'
accepts services/coordinator/job/aggregator.h '"libmlp/model/parameters.h"'
accepts services/coordinator/run/run_round.h '"services/async/task.h"'
accepts services/coordinator/api/job_service.cc '"mlp/v1/job.grpc.pb.h"'
accepts services/coordinator/store/disk/sqlite.cc '<sqlite3.h>'
accepts services/node/run/given_work.cc '<vector>'
accepts services/rpc/x.cc '<grpcpp/grpcpp.h>'
accepts services/wire/x.cc '<grpc/health/v1/health.pb.h>'
accepts services/local/x.cc '"services/coordinator/run/coordinator.h"'
accepts cli/client/x.cc '<grpcpp/client_context.h>'

rm -rf "${tree:?}"/*
if "$check" "$tree" > /dev/null 2>&1; then
  echo "an empty tree is not an error"
  failed=1
fi
exit "$failed"
