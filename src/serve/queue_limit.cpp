#include "serve/queue_limit.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace quern::serve {
namespace {

constexpr double kStretchSeconds = 1;
constexpr int kLongestWait = 60;

}  // namespace

std::optional<QueueLimit::Full> QueueLimit::enter(int n_inputs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (n_requests_ >= max_requests_) {
    return Full{
        fmt::format("{} requests are waiting already, the limit of this server", n_requests_),
        seconds_until(1)};
  }
  if (n_inputs_ > 0 && n_inputs_ + n_inputs > max_inputs_) {
    const int too_many = static_cast<int>(n_inputs_ + n_inputs - max_inputs_);
    return Full{fmt::format("{} inputs are waiting already, and {} more would be over the limit of "
                            "this server, {}",
                            n_inputs_, n_inputs, max_inputs_),
                seconds_until(too_many)};
  }
  if (n_requests_ == 0) {
    since_ = now_();
    n_left_ = 0;
  }
  ++n_requests_;
  n_inputs_ += n_inputs;
  return std::nullopt;
}

void QueueLimit::leave(int n_inputs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  --n_requests_;
  n_inputs_ -= n_inputs;
  n_left_ += n_inputs;
  const std::chrono::duration<double> took = now_() - since_;
  if (took.count() < kStretchSeconds) return;
  inputs_per_s_ = static_cast<double>(n_left_) / took.count();
  since_ = now_();
  n_left_ = 0;
}

int QueueLimit::seconds_until(int n_inputs) const {
  if (inputs_per_s_ <= 0) return 1;
  const double seconds = std::ceil(n_inputs / inputs_per_s_);
  return static_cast<int>(std::clamp(seconds, 1.0, static_cast<double>(kLongestWait)));
}

}  // namespace quern::serve
