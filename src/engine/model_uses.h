// Who uses which model, how often it was asked for and loaded, and until when it is kept: a book
// by the place of a model (ModelPlace::where), which outlives its weights and the state of its
// files.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/keep_alive.h"

namespace quern::engine {

/// Threads: all functions may be called from any thread; its lock is taken last of all.
class ModelUses {
 public:
  using Clock = std::chrono::steady_clock;  // A wall clock that jumps changes nothing.

  /// `on_earlier` (may be empty) is called where something expires earlier than was foreseen, with
  /// no lock held.
  ModelUses(KeepAlive keep_alive, std::function<void(Clock::time_point)> on_earlier,
            std::function<Clock::time_point()> now = Clock::now)
      : keep_alive_(keep_alive), on_earlier_(std::move(on_earlier)), now_(std::move(now)) {}

  /// A request for a model. While anyone holds it, the model does not expire; after that it is kept
  /// for `keep_alive`, or for the book's own.
  class Use;
  using UsePtr = std::shared_ptr<const Use>;
  UsePtr begin(const std::string& where, const std::string& name,
               std::optional<KeepAlive> keep_alive);

  /// Of requests for this model that do not say, in place of the book's own.
  void keep(const std::string& where, const std::string& name, KeepAlive keep_alive);

  void loaded(const std::string& where, double seconds);
  /// It is not in memory any more: nothing expires before it is used again.
  void gone(const std::string& where);

  struct Record {
    std::string name;
    std::optional<KeepAlive> keep_alive;  // As of keep().
    long n_requests = 0;
    int n_running = 0;
    long n_loads = 0;
    double load_seconds = 0;                     // Of the last one.
    std::optional<Clock::time_point> last_used;  // Its last request's end.
    std::optional<Clock::time_point> expires;    // None: kept, not in memory, or in use.
  };
  std::map<std::string, Record> records() const;
  std::optional<Record> find(const std::string& where) const;

  /// What has expired by `now`, and when the next does (max: nothing will).
  struct Due {
    std::vector<std::string> where;
    Clock::time_point next = Clock::time_point::max();
  };
  Due due(Clock::time_point now) const;

 private:
  void end(const std::string& where, std::optional<KeepAlive> keep_alive);

  const KeepAlive keep_alive_;
  const std::function<void(Clock::time_point)> on_earlier_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::string, Record> records_;
};

class ModelUses::Use {
 public:
  Use(ModelUses& book, std::string where, std::optional<KeepAlive> keep_alive)
      : book_(book), where_(std::move(where)), keep_alive_(keep_alive) {}
  ~Use() { book_.end(where_, keep_alive_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  ModelUses& book_;
  const std::string where_;
  const std::optional<KeepAlive> keep_alive_;
};

}  // namespace quern::engine
