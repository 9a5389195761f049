// What each decoder family fixes, and the checks that both of its file formats share.

#pragma once

#include <string_view>

#include "formats/decoder_config.h"

namespace quern::formats {

struct FamilyFacts {
  DecoderFamily family;
  const char* name;
  GateActivation activation;
  bool scales_embeddings;  // By sqrt(d_model).
  bool has_qkv_bias;
  bool has_qk_norm;
  bool has_post_norms;
  bool is_tied;             // Unless config.json says otherwise.
  int window_pattern;       // Every so-many-th layer has no window, the others do; 0: all alike.
  int d_head;               // Unless said; 0: d_model / n_heads.
  double rope_base;         // Unless said.
  double window_rope_base;  // Of layers with a window, unless said; 0: as the others.
};

/// nullptr for a name that is no family's. "mistral" is llama, "gemma3_text" is gemma3.
const FamilyFacts* find_family(std::string_view name);

/// "llama, qwen2, ...", for messages.
std::string known_families();

/// Limits of the fields, far above any published model; products of two fit 64 bits with room.
inline constexpr int kMaxDecoderLayers = 1024;
inline constexpr int kMaxDecoderHeads = 1024;
inline constexpr int kMaxDecoderWidth = 1 << 16;
inline constexpr int kMaxDecoderFf = 1 << 20;
inline constexpr int kMaxDecoderVocab = 1 << 24;
inline constexpr int kMaxDecoderPositions = 1 << 24;

/// A config with what the family fixes.
DecoderConfig config_of(const FamilyFacts& facts);

/// Sets the windows by the family's pattern: `window` 0 means none.
void set_windows(int window, int pattern, DecoderConfig& out);

/// Head counts, widths, rope and windows against each other. Errors: kBadInput.
Status check_decoder(const DecoderConfig& config);

}  // namespace quern::formats
