#include "base/load_meter.h"

#include <utility>

#include "base/byte_ledger.h"
#include "base/log.h"

namespace quern {
namespace {

using namespace std::chrono_literals;

constexpr auto kTellEvery = 3s;

thread_local LoadMeter* current_meter = nullptr;

}  // namespace

void LoadMeter::begin(Phase phase, std::size_t total_bytes) {
  done_ = 0;
  total_ = total_bytes;
  phase_ = phase;
}

void LoadMeter::add(std::size_t bytes) {
  done_ += bytes;
  log_if_due();
}

void LoadMeter::log_if_due() {
  if (name_.empty()) return;
  const Clock::duration now = Clock::now() - start_;
  Clock::rep last = last_told_;
  if (now - Clock::duration(last) < kTellEvery) return;
  if (!last_told_.compare_exchange_strong(last, now.count())) return;  // Another thread tells.
  log_info("model '{}': {}, {} of {}", name_, phase_name(phase_), human_bytes(done_),
           human_bytes(total_));
}

LoadMeter::Progress LoadMeter::progress() const {
  return {.phase = phase_,
          .done_bytes = done_,
          .total_bytes = total_,
          .seconds = std::chrono::duration<double>(Clock::now() - start_).count()};
}

LoadMeter& LoadMeter::current() {
  static LoadMeter unread{""};
  return current_meter == nullptr ? unread : *current_meter;
}

LoadMeter::Scope::Scope(LoadMeter& meter) : before_(std::exchange(current_meter, &meter)) {}

LoadMeter::Scope::~Scope() { current_meter = before_; }

const char* phase_name(LoadMeter::Phase phase) {
  switch (phase) {
    case LoadMeter::Phase::kOpening:
      return "opening";
    case LoadMeter::Phase::kHashing:
      return "hashing";
    case LoadMeter::Phase::kPacking:
      return "packing";
    case LoadMeter::Phase::kChecking:
      return "checking";
  }
  return "";
}

}  // namespace quern
