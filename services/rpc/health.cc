#include "services/rpc/health.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/async/either_stop.h"

namespace mlp::rpc {

Health::Health(async::Clock& clock, const std::vector<std::string>& services, std::stop_token stop)
    : services_(services.begin(), services.end()), stop_(std::move(stop)), changed_(clock) {}

void Health::SetServing(bool serving) {
  serving_ = serving;
  changed_.Notify();
}

Health::Response::ServingStatus Health::StatusOf(const std::string& service) const {
  if (!service.empty() && !services_.contains(service)) return Response::SERVICE_UNKNOWN;
  return serving_ ? Response::SERVING : Response::NOT_SERVING;
}

async::Task<absl::StatusOr<Health::Response>> Health::Check(const Request& request) const {
  Response response;
  response.set_status(StatusOf(request.service()));
  if (response.status() != Response::SERVICE_UNKNOWN) co_return response;
  co_return absl::NotFoundError(
      absl::StrCat("there is no service '", request.service(), "' here; see reflection"));
}

async::Task<absl::Status> Health::Watch(const Request& request, ServerStream<Response>& stream) {
  Budget::Claim place(watches_, stream.host());
  if (!place.Resize(1)) co_return PlacesTaken("health watches", kWatches);
  const async::EitherStop end(stop_, stream.stop_token());
  std::optional<Response::ServingStatus> told;
  bool alive = true;
  while (alive) {
    Response response;
    response.set_status(StatusOf(request.service()));
    if (told != response.status()) {
      // The server may shut down during the write; the stream must not end before it has sent that.
      alive = co_await stream.Write(response);
      told = response.status();
    } else if (end.token().stop_requested()) {
      break;
    } else {
      co_await changed_.Wait(end.token());
    }
  }
  co_return absl::UnavailableError("the server is shutting down");
}

}  // namespace mlp::rpc
