// A service as a Server serves it: whatever a method looks like to clients, gRPC hands a call over
// when its headers are there, and reads a message of it when it is asked to.
//
//   class Generated final : public AsyncService<v1::JobService> {};
//
// Of gRPC's own asynchronous services, unary calls and those that answer with a stream are handed
// over after their request was read. gRPC reads that of every call that comes, however many wait,
// so nothing would bound the memory that they take.
#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>

#include <cstdlib>

namespace mlp::rpc {

template <class Outer>
class AsyncService : public Outer::Service {
 public:
  AsyncService() {
    for (int i = 0; i < Declaration().method_count(); ++i) {
      // The client cannot tell: a unary call is a stream of one message each way.
      this->MarkMethodStreamed(i, nullptr);
      this->MarkMethodAsync(i);
    }
  }

  // Accepts a call of the method with that index: `tag` comes when one is there.
  void Accept(int method, grpc::ServerContext* context,
              grpc::internal::ServerAsyncStreamingInterface* stream,
              grpc::ServerCompletionQueue* queue, void* tag) {
    this->RequestAsyncBidiStreaming(method, context, stream, queue, queue, tag);
  }

  // Returns the index of the method that takes and returns that. Ends the process if there is not
  // exactly one.
  static int IndexOf(const google::protobuf::Descriptor& request, bool takes_stream,
                     bool returns_stream) {
    int index = -1;
    for (int i = 0; i < Declaration().method_count(); ++i) {
      const auto& method = *Declaration().method(i);
      if (method.input_type() != &request || method.client_streaming() != takes_stream ||
          method.server_streaming() != returns_stream) {
        continue;
      }
      if (index >= 0) std::abort();
      index = i;
    }
    if (index < 0) std::abort();
    return index;
  }

 private:
  static const google::protobuf::ServiceDescriptor& Declaration() {
    return *google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
        Outer::service_full_name());
  }
};

}  // namespace mlp::rpc
