#include "cli/job/explain.h"

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "cli/client/errors.h"
#include "cli/client/job_client.h"
#include "services/base/duration_text.h"

namespace mlp::cli {
namespace {

// "in 0.3 s, ", "now, ", or nothing where only an event leads there.
std::string When(const v1::ExplainJobResponse& said) {
  using google::protobuf::util::TimeUtil;
  if (!said.has_next_time()) return "";
  const std::int64_t left = TimeUtil::TimestampToNanoseconds(said.next_time()) -
                            TimeUtil::TimestampToNanoseconds(said.time());
  if (left <= 0) return "now, ";
  return absl::StrCat("in ", RoughDuration(std::chrono::nanoseconds(left)), ", ");
}

}  // namespace

int Run(const Session& session, const ExplainCommand& command) {
  JobClient client(session);
  const auto said = client.ExplainJob(command.id);
  if (!said.ok()) return Fail(session, said.status());
  session.terminal.out << (session.json ? Json(*said) + "\n" : ExplanationText(*said))
                       << std::flush;
  return kExitDone;
}

std::string ExplanationText(const v1::ExplainJobResponse& said) {
  std::string text = absl::StrCat(said.waiting_for(), "\n");
  if (!said.next().empty()) absl::StrAppend(&text, "next: ", When(said), said.next(), "\n");
  return text;
}

}  // namespace mlp::cli
