#include "engine/model_uses.h"

#include <algorithm>
#include <utility>

namespace quern::engine {

ModelUses::UsePtr ModelUses::begin(const std::string& where, const std::string& name,
                                   std::optional<KeepAlive> keep_alive) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Record& record = records_[where];
    record.name = name;
    ++record.n_requests;
    ++record.n_running;
    record.expires.reset();
  }
  return std::make_shared<const Use>(*this, where, keep_alive);
}

void ModelUses::end(const std::string& where, std::optional<KeepAlive> keep_alive) {
  std::optional<Clock::time_point> expires;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Record& record = records_[where];
    record.last_used = now_();
    const KeepAlive kept = keep_alive.value_or(record.keep_alive.value_or(keep_alive_));
    // One that is asked to go at once does not outlast those that are under way.
    if (--record.n_running == 0 && kept != kKeepForever) {
      expires = record.expires = *record.last_used + kept;
    }
  }
  if (expires && on_earlier_) on_earlier_(*expires);
}

void ModelUses::keep(const std::string& where, const std::string& name, KeepAlive keep_alive) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Record& record = records_[where];
  record.name = name;
  record.keep_alive = keep_alive;
}

void ModelUses::loaded(const std::string& where, double seconds) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Record& record = records_[where];
  ++record.n_loads;
  record.load_seconds = seconds;
}

void ModelUses::gone(const std::string& where) {
  const std::lock_guard<std::mutex> lock(mutex_);
  records_[where].expires.reset();
}

std::map<std::string, ModelUses::Record> ModelUses::records() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return records_;
}

std::optional<ModelUses::Record> ModelUses::find(const std::string& where) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = records_.find(where);
  return found == records_.end() ? std::nullopt : std::optional(found->second);
}

ModelUses::Due ModelUses::due(Clock::time_point now) const {
  Due due;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [where, record] : records_) {
    if (!record.expires) continue;
    if (*record.expires <= now) {
      due.where.push_back(where);
    } else {
      due.next = std::min(due.next, *record.expires);
    }
  }
  return due;
}

}  // namespace quern::engine
