// What becomes of a model in this process: asked for, loaded, kept, given up.

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/load_meter.h"
#include "base/status.h"

namespace quern::engine {

/// Of a model that was asked for since the start.
struct ModelStatus {
  std::string name;
  bool loaded = false;    // Weights in memory.
  std::size_t bytes = 0;  // Of weights and tokenizer, as far as they are in memory.
  long n_requests = 0;    // That asked for it,
  int n_running = 0;      // and of these, now.
  long n_loads = 0;
  double load_seconds = 0;                // Of the last load.
  std::optional<double> idle_seconds;     // Since its last request's end; none before that.
  std::optional<double> expires_seconds;  // Until it is given up; none while it is kept or used.
  std::optional<LoadMeter::Progress> loading;
  Status problem;            // Why it could not be opened or loaded the last time,
  double retry_seconds = 0;  // and for how long it is not tried again.
};

}  // namespace quern::engine
