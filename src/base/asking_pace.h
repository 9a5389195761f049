// A pace that ends when a function says so.

#pragma once

#include <functional>
#include <utility>

#include "base/pace.h"

namespace quern {

/// Threads: as Pace; the function is asked on the thread that runs the operation.
class AskingPace : public Pace {
 public:
  /// `is_over` may be empty: it never ends.
  explicit AskingPace(std::function<bool()> is_over) : is_over_(std::move(is_over)) {}
  bool stop_asked() const override { return is_over_ && is_over_(); }

 private:
  const std::function<bool()> is_over_;
};

}  // namespace quern
