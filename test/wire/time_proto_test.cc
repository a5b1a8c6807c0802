#include "services/wire/time_proto.h"

#include <catch2/catch.hpp>
#include <limits>

#include "services/base/field_error.h"

namespace mlp {
namespace {

using std::chrono::nanoseconds;

TEST_CASE("durations come back to the nanosecond") {
  for (const nanoseconds duration : {nanoseconds(0), nanoseconds(1), nanoseconds(3'000'000'001),
                                     nanoseconds(9'000'000'000'999'999'999)}) {
    CHECK(wire::FromProto(wire::ToProto(duration), "d").value() == duration);
  }
}

TEST_CASE("points in time come back to the nanosecond") {
  const std::chrono::sys_time<nanoseconds> time(nanoseconds(1'700'000'000'123'456'789));
  const google::protobuf::Timestamp proto = wire::ToProto(time);
  CHECK(proto.seconds() == 1'700'000'000);
  CHECK(proto.nanos() == 123'456'789);
  CHECK(wire::FromProto(proto, "t").value() == time);
}

TEST_CASE("a time before 1970 is sent with nanos that are not negative") {
  const google::protobuf::Timestamp proto =
      wire::ToProto(std::chrono::sys_time<nanoseconds>(nanoseconds(-1)));
  CHECK(proto.seconds() == -1);
  CHECK(proto.nanos() == 999'999'999);
}

TEST_CASE("a duration that cannot be is refused with the field at fault") {
  google::protobuf::Duration proto;
  SECTION("negative") { proto.set_seconds(-1); }
  SECTION("beyond what nanoseconds can count") {
    proto.set_seconds(std::numeric_limits<std::int64_t>::max());
  }
  SECTION("a fraction of more than a second") { proto.set_nanos(1'000'000'000); }
  SECTION("a negative fraction") { proto.set_nanos(-1); }
  const auto duration = wire::FromProto(proto, "load_delay");
  CHECK(duration.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldOf(duration.status()) == "load_delay");
}

}  // namespace
}  // namespace mlp
