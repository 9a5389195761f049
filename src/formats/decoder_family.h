// What each decoder family fixes, and the checks that both of its file formats share.

#pragma once

#include <string_view>

#include "formats/decoder_config.h"

namespace quern::formats {

/// What "unless said" stands behind is a default, for files that leave the field out.
struct FamilyFacts {
  DecoderFamily family = DecoderFamily::kLlama;
  const char* name = "";              // model_type, and GGUF's general.architecture.
  const char* second_name = nullptr;  // Another model_type of the same facts.
  bool is_in_gguf = true;             // False for a name that means something else there.
  bool sees_both_ways = false;        // Unless said: an embedder's.

  Activation activation = Activation::kSilu;
  bool scales_embeddings = false;  // By sqrt(d_model).
  bool is_tied = false;            // Unless config.json says otherwise.
  bool has_qkv_bias = false;
  bool has_qk_norm = false;
  bool has_post_norms = false;
  bool gguf_interleaves_rope = false;  // The converter permutes query and key rows to suit.

  int d_head = 0;                    // In config.json, unless said; 0: d_model / n_heads.
  double query_scale_of = 0;         // Unless said; attention's scale is its -1/2 power. 0: d_head.
  int n_layers_scaled_by_width = 0;  // Of the size whose GGUF files mean d_model / n_heads by it.
  double attn_softcap = 0;           // Unless said.
  double logit_softcap = 0;          // Unless said.

  int window = 0;                // In config.json, unless said; 0: none.
  bool window_is_asked = false;  // A window counts only with "use_sliding_window": true.
  int n_full_first = 0;          // Layers that have none, unless "max_window_layers" says.
  int window_pattern = 0;        // Every so-many-th layer has none; 0: all alike.
  double rope_base = 1e4;        // Unless said.
  double window_rope_base = 0;   // Of layers with a window, unless said; 0: as the others.
};

/// The family of a config.json, or of a GGUF file; nullptr for a name that is no family's.
const FamilyFacts* find_family(std::string_view model_type);
const FamilyFacts* find_gguf_family(std::string_view architecture);

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
