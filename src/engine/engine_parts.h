// The engine over any source of models: what Engine::make puts together, open to tests.

#pragma once

#include <memory>

#include "engine/engine.h"
#include "engine/load/model_source.h"

namespace quern::engine {

/// As Engine::make, with models from `source`; options.home and options.precision are not read.
Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options,
                                            std::unique_ptr<const ModelSource> source);

}  // namespace quern::engine
