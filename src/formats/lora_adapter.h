// A LoRA adapter as the PEFT library saves it: for some matrices of a base model a product of two
// narrow ones to be added, and tensors that take the place of the base's (a classifier, mostly).
//   adapter_config.json, adapter_model.safetensors; config.json beside them may name labels
// Source: huggingface/peft, src/peft/tuners/lora/config.py and layer.py (get_delta_weight),
// src/peft/utils/save_and_load.py (names of tensors).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/safetensors.h"

namespace quern::formats {

inline constexpr const char* kAdapterConfig = "adapter_config.json";
inline constexpr const char* kAdapterWeights = "adapter_model.safetensors";

/// weight += scale * B A. Entries are borrowed from the adapter's files.
struct LoraUpdate {
  std::string module;  // "bert.encoder.layer.0.attention.self.query": as the base's class names it.
  TensorEntry a;       // [rank, n_in]
  TensorEntry b;       // [n_out, rank]
  double scale = 0;    // lora_alpha / rank, or / sqrt(rank) of rank-stabilised ones.
};

/// A tensor in place of the base's, or one that the base does not have.
struct SavedTensor {
  std::string name;  // "classifier.weight"
  TensorEntry entry;
};

struct LoraAdapter {
  TensorFiles files;
  std::string task;                  // "SEQ_CLS", "CAUSAL_LM", ...; "" where none is named.
  bool is_transposed = false;        // The base's weights are [n_in, n_out] (fan_in_fan_out).
  std::vector<std::string> targets;  // Ends of module names; empty: a pattern that is not read.
  bool excludes_some = false;        // exclude_modules: not all that end so have an update.
  std::vector<std::int64_t> layers;  // layers_to_transform: those alone have updates; empty: all.
  std::vector<std::string> layer_names;  // layers_pattern, "layers": what layers' numbers follow.
  std::vector<LoraUpdate> updates;       // By module.
  std::vector<SavedTensor> saved;        // By name.
  std::vector<std::string> modules_to_save;
};

/// Errors: kNotFound, kIo; kBadInput naming the tensor or field, got and wanted (a half of a pair
/// missing, ranks at odds, a module of modules_to_save without a tensor, a tensor that is neither);
/// kUnsupported for other kinds of adapters, by name (IA3, DoRA, biases, patterns of ranks, starts
/// that change the base).
Result<LoraAdapter> read_lora_adapter(const std::string& folder);

}  // namespace quern::formats
