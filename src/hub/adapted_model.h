// A model made of an installed one and a LoRA adapter: merged when it is installed, an ordinary
// model from then on.

#pragma once

#include <string>

#include "base/status.h"
#include "hub/hub.h"

namespace quern::hub {

struct AdaptedModel {
  std::string base;     // An installed name, or a folder with safetensors.
  std::string adapter;  // A folder: formats/lora_adapter.h.
  std::string name;
  std::string hub_name = {};
};

/// Files of the base, weights merged (merged_weights.h), the adapter's card and settings. An
/// adapter for classification makes a classifier of its base, whose labels config.json beside the
/// adapter names; what made vectors of the base stays behind. The base's card is kept as
/// BASE_README.md, and quern.json names the base. Errors: as Hub::add, read_lora_adapter and
/// write_merged_weights; kUnsupported for a .gguf base; kBadInput for the base's own name, another
/// class than the task's, another number of labels than the classifier has rows, and a tokenizer
/// beside the adapter of other tokens than the base's.
Result<InstalledModel> add_adapted(const Hub& hub, const AdaptedModel& wanted);

}  // namespace quern::hub
