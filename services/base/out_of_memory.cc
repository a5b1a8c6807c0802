#include "services/base/out_of_memory.h"

#include "absl/strings/str_cat.h"
#include "services/base/bytes_text.h"

namespace mlp {

absl::Status OutOfMemory(const std::string& what, std::uint64_t bytes) {
  return absl::ResourceExhaustedError(
      bytes == 0 ? absl::StrCat("not enough memory for ", what)
                 : absl::StrCat("not enough memory: ", what, " needs about ", RoughBytes(bytes)));
}

}  // namespace mlp
