// Answers to clients that ask what a server serves, from the declarations that are linked into the
// program. gRPC's own reflection service, which Debian's linker drops, would take a thread of its
// own that polls beside the loop's.
//
// Any thread.
#pragma once

#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace mlp::rpc {

// `services` are the full names of the services that are served. An unknown name gets an error
// response, and never ends the conversation.
grpc::reflection::v1alpha::ServerReflectionResponse Reflect(
    const grpc::reflection::v1alpha::ServerReflectionRequest& request,
    const std::vector<std::string>& services);

}  // namespace mlp::rpc
