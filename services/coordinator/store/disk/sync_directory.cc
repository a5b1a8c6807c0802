#include "services/coordinator/store/disk/sync_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mlp::coordinator {

bool SyncDirectory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return synced;
}

}  // namespace mlp::coordinator
