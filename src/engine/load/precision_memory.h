// Which precision each model of this process runs in, as asked for or measured.

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "kernels/weight.h"

namespace quern::engine {

/// Nothing: "auto", not measured yet.
using PrecisionWish = std::optional<kernels::Precision>;

const char* wish_name(PrecisionWish wish);

/// Threads: any.
class PrecisionMemory {
 public:
  explicit PrecisionMemory(PrecisionWish wish) : wish_(wish) {}

  PrecisionWish wish() const { return wish_; }

  /// By ModelCard::key: another model in the same place is measured anew.
  void remember(const std::string& key, PrecisionWish precision);
  PrecisionWish find(const std::string& key) const;

 private:
  const PrecisionWish wish_;
  mutable std::mutex mutex_;
  std::map<std::string, PrecisionWish> known_;
};

}  // namespace quern::engine
