#include "cli/early_engine.h"

#include <utility>

#include "apps/store_model.h"
#include "cli/store_vectors.h"
#include "store/store.h"

namespace quern::cli {
namespace {

using EnginePtr = std::unique_ptr<engine::Engine>;

// "" where it has none.
std::string model_of(const std::string& folder) {
  const auto store = store::Store::open({.folder = folder});
  if (!store.ok()) return {};
  const auto snapshot = (*store)->snapshot();
  if (!snapshot.ok()) return {};
  const store::SpaceRow* const space = (*snapshot)->active_space();
  return space == nullptr || apps::is_of_given(space->space) ? "" : space->space.model;
}

}  // namespace

EarlyEngine EarlyEngine::for_store(std::string folder, const EngineFlags& flags) {
  EarlyEngine out;
  out.opening_ =
      std::async(std::launch::async, [folder = std::move(folder), &flags]() -> Result<EnginePtr> {
        const std::string model = model_of(folder);
        if (model.empty()) return EnginePtr();
        QUERN_ASSIGN(EnginePtr engine, open_engine(flags));
        (void)engine->warm(model);
        return engine;
      });
  return out;
}

Result<EnginePtr> EarlyEngine::take() {
  if (!opening_.valid()) return EnginePtr();
  return opening_.get();
}

}  // namespace quern::cli
