// An engine that is opened, and loads the model of a store's vectors, while its user is busy with
// something else.

#pragma once

#include <future>
#include <memory>
#include <string>

#include "base/status.h"
#include "cli/flags.h"
#include "engine/engine.h"

namespace quern::cli {

class EarlyEngine {
 public:
  /// Begins now. Nothing is opened where the store in `folder` has no vectors of a model, or cannot
  /// be read. The flags outlive it.
  static EarlyEngine for_store(std::string folder, const EngineFlags& flags);

  EarlyEngine() = default;

  /// Waits for it; null where nothing was opened. Errors: those of opening the engine; that the
  /// model cannot be loaded is said by the first request for it.
  Result<std::unique_ptr<engine::Engine>> take();

 private:
  std::future<Result<std::unique_ptr<engine::Engine>>> opening_;
};

}  // namespace quern::cli
