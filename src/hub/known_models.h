// Models by their usual names, and what their own files do not say of them: prompts that their
// makers trained them with. One table (known_models.cpp). What a folder says itself comes first.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/head_facts.h"

namespace quern::hub {

struct KnownPrompt {
  std::string_view name;
  std::string_view text;
};

/// How a text becomes one vector, where the folder has no modules.json to say so.
struct KnownPooling {
  formats::Pooling pooling;
  bool normalize;
};

struct KnownModel {
  std::string_view repo;   // On the hub, in safetensors or GGUF.
  std::string_view names;  // Beside the repository's own, separated by spaces.
  std::span<const KnownPrompt> prompts = {};
  std::optional<KnownPooling> pooling = {};
};

std::span<const KnownModel> known_models();

/// By the repository ("BAAI/bge-small-en-v1.5"), its last part, or one of the names, in any case;
/// nullptr if there is none.
const KnownModel* find_known_model(std::string_view name);

/// The last parts of all repositories and all other names, as a user types them.
std::vector<std::string> known_model_names();

}  // namespace quern::hub
