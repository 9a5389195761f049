#include "hub/known_facts.h"

#include <filesystem>

#include "hub/known_models.h"
#include "hub/manifest.h"

namespace quern::hub {

KnownFacts add_known_facts(formats::ModelFolder& folder) {
  namespace fs = std::filesystem;
  KnownFacts taken;
  const Result<Manifest> manifest = read_manifest(folder.path);
  if (!manifest.ok() || manifest->hub_name.empty()) return taken;
  const KnownModel* known = find_known_model(manifest->hub_name);
  if (known == nullptr) return taken;
  taken.repo = known->repo;
  if (folder.head.output != formats::OutputKind::kVector) return taken;
  if (folder.prompts.empty() && !known->prompts.empty()) {
    for (const KnownPrompt& prompt : known->prompts) {
      folder.prompts.emplace(prompt.name, prompt.text);
    }
    taken.gave_prompts = true;
  }
  std::error_code error;
  if (known->pooling && !fs::exists(fs::path(folder.path) / "modules.json", error)) {
    folder.head.poolings = {known->pooling->pooling};
    folder.head.modules.clear();
    if (known->pooling->normalize) {
      folder.head.modules.push_back(formats::normalize_module(folder.head.n_values));
    }
    taken.gave_pooling = true;
  }
  return taken;
}

}  // namespace quern::hub
