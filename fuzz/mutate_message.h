// Mutations of protocol messages by field. Bytes changed at random seldom remain a message, because
// every length before a changed field would have to change with it.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>

namespace mlp::fuzz {

// Does the work of LLVMFuzzerCustomMutator for a target whose input is a serialised message of the
// type of `message`, whose content does not matter. Some mutations change bytes, so that parsing is
// fuzzed, too.
std::size_t MutateMessage(google::protobuf::Message& message, std::uint8_t* data, std::size_t size,
                          std::size_t max_size, unsigned seed);

}  // namespace mlp::fuzz
