// The texts of messages: those that came from elsewhere, and those that are about to be sent. Both
// go through all fields by reflection, so that a new one is covered by itself.
#pragma once

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace mlp::cli {

// Makes every text of `message` and of the messages in it Printable (services/base/printable.h), so
// that nothing that is printed of it later can move the cursor or forge a line. Bytes fields, which
// are no text, stay.
void MakePrintable(google::protobuf::Message& message);

// Returns InvalidArgument, blamed on the first text field that is not UTF-8: gRPC could send such a
// message, and nobody could read it.
absl::Status CheckUtf8(const google::protobuf::Message& message);

}  // namespace mlp::cli
