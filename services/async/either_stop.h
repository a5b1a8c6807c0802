// A stop token that is requested when either of two others is. Loop thread only.
#pragma once

#include <functional>
#include <stop_token>
#include <utility>

namespace mlp::async {

class EitherStop {
 public:
  EitherStop(std::stop_token one, std::stop_token other)
      : on_one_(std::move(one), [this] { either_.request_stop(); }),
        on_other_(std::move(other), [this] { either_.request_stop(); }) {}
  EitherStop(const EitherStop&) = delete;
  EitherStop& operator=(const EitherStop&) = delete;

  std::stop_token token() const { return either_.get_token(); }

 private:
  std::stop_source either_;
  std::stop_callback<std::function<void()>> on_one_;
  std::stop_callback<std::function<void()>> on_other_;
};

}  // namespace mlp::async
