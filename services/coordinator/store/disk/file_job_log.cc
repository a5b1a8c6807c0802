#include "services/coordinator/store/disk/file_job_log.h"

#include <google/protobuf/util/json_util.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <map>
#include <memory>

#include "services/coordinator/proto/job_proto.h"

namespace mlp::coordinator {
namespace {

std::string JsonLine(const JobEvent& event) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(ToProto(event), &line, options).ok()) {
    line = "{}";  // cannot happen: the message has no Any that might not resolve
  }
  return line + '\n';
}

}  // namespace

FileJobLog::~FileJobLog() {
  writer_.Stop();
  Write(gathered_);
}

void FileJobLog::Append(const std::string& job_id, const JobEvent& event) {
  gathered_.emplace_back(job_id, event);
  if (!writing_) WriteGathered();
}

void FileJobLog::WriteGathered() {
  writing_ = true;
  auto lines = std::make_shared<Lines>(std::exchange(gathered_, {}));
  auto written = std::make_shared<bool>(false);
  writer_.Run([this, lines, written] { *written = Write(*lines); },
              [this, written] {
                writing_ = false;
                if (!*written && !std::exchange(reported_, true)) {
                  spdlog::error("cannot write job logs below {}; jobs go on without",
                                directory_.string());
                }
                if (!gathered_.empty()) WriteGathered();
              });
}

bool FileJobLog::Write(const Lines& lines) const {
  struct Part {
    std::string text;
    bool anew = false;
  };
  std::map<std::string, Part> parts;  // keyed by job
  for (const auto& [id, event] : lines) {
    Part& part = parts[id];
    if (event.sequence == 1) part = {"", true};
    part.text += JsonLine(event);
  }
  bool written = true;
  for (const auto& [id, part] : parts) {
    std::ofstream file(directory_ / (prefix_ + id + ".jsonl"),
                       std::ios::binary | (part.anew ? std::ios::trunc : std::ios::app));
    file << part.text << std::flush;
    written = written && file.good();
  }
  return written;
}

}  // namespace mlp::coordinator
