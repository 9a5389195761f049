// What the table of known models (known_models.h) adds to an installed one where its own files are
// silent. Whatever is taken from there is told: `quern models info`.

#pragma once

#include <string>

#include "formats/model_folder.h"

namespace quern::hub {

struct KnownFacts {
  std::string repo;  // Of the model in the table; "" if it is not there.
  bool gave_prompts = false;
  bool gave_pooling = false;
};

/// Sets prompts that no file names, and the pooling of a folder without modules.json. The model is
/// known by the repository that it was installed from.
KnownFacts add_known_facts(formats::ModelFolder& folder);

}  // namespace quern::hub
