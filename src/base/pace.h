// What a long operation asks while it runs: is its result still wanted, and may somebody more
// urgent go first? Forward passes ask between layers, parallel_for between parts, scans between
// chunks.

#pragma once

#include <chrono>

namespace quern {

/// Threads: of the one that runs the operation.
class Pace {
 public:
  virtual ~Pace() = default;

  /// Does nobody want the result any more?
  virtual bool stop_asked() const { return false; }

  /// Does somebody wait who may go first? Asked every few microseconds: cheap.
  virtual bool yield_asked() const { return false; }

  /// Lets them go first, on this thread. Returns when the operation may go on.
  void yield();

  /// To be asked at least once in a layer: false when the operation is to leave what it does.
  bool go_on();

  /// Did an operation leave before its end?
  bool left() const { return left_; }

  /// The time that others had.
  std::chrono::nanoseconds yielded() const { return yielded_; }

  /// That of the innermost Scope of this thread; without one, a pace that never stops or yields.
  static Pace& current();

  /// While it lives, operations of this thread go at `pace`.
  class Scope {
   public:
    explicit Scope(Pace& pace);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Pace* const before_;
  };

 protected:
  /// What yield() runs. What it does must not yield in turn: see Scope.
  virtual void let_others() {}

 private:
  bool left_ = false;
  std::chrono::nanoseconds yielded_{0};
};

}  // namespace quern
