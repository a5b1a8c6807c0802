#include "services/coordinator/api/encoded_events.h"

#include <catch2/catch.hpp>

#include "mlp/v1/job.pb.h"
#include "services/coordinator/proto/job_proto.h"
#include "test/coordinator/store/store_fixtures.h"

namespace mlp::coordinator {
namespace {

std::shared_ptr<const JobEvent> Shared(std::int64_t sequence, int round) {
  return std::make_shared<const JobEvent>(test::Event(sequence, round));
}

TEST_CASE("Events that are encoded one by one are the response that has them all", "[proto]") {
  EncodedEvents encoded;
  const std::vector events{Shared(1, 1), Shared(2, 1), Shared(1500, 7)};
  v1::WatchJobResponse expected;
  for (const auto& event : events) *expected.add_events() = ToProto(*event);
  for (int watcher = 0; watcher < 2; ++watcher) {
    std::string response;
    for (const auto& event : events) encoded.AppendTo(response, event);
    CHECK(response == expected.SerializeAsString());
  }
}

TEST_CASE("Events of two jobs with one number are not taken for each other", "[proto]") {
  EncodedEvents encoded;
  const auto first = Shared(3, 1);
  const auto second = Shared(3, 2);
  for (int time = 0; time < 2; ++time) {
    std::string response;
    encoded.AppendTo(response, first);
    encoded.AppendTo(response, second);
    v1::WatchJobResponse parsed;
    REQUIRE(parsed.ParseFromString(response));
    REQUIRE(parsed.events_size() == 2);
    CHECK(parsed.events(0).round() == 1);
    CHECK(parsed.events(1).round() == 2);
  }
}

}  // namespace
}  // namespace mlp::coordinator
