#include "base/pace.h"

#include <utility>

namespace quern {
namespace {

thread_local Pace* current_pace = nullptr;

}  // namespace

void Pace::yield() {
  const auto start = std::chrono::steady_clock::now();
  let_others();
  yielded_ += std::chrono::steady_clock::now() - start;
}

bool Pace::go_on() {
  if (yield_asked()) yield();
  if (stop_asked()) left_ = true;
  return !left_;
}

Pace& Pace::current() {
  thread_local Pace steady;
  return current_pace == nullptr ? steady : *current_pace;
}

Pace::Scope::Scope(Pace& pace) : before_(std::exchange(current_pace, &pace)) {}

Pace::Scope::~Scope() { current_pace = before_; }

}  // namespace quern
