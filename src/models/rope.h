// Rotary position embedding of query and key heads.
// Source: Su et al. 2021 (arXiv 2104.09864) eq. 34; halves against pairs: huggingface/transformers
// modeling_rope_utils.py and llama.cpp's LLAMA_ROPE_TYPE_NEOX / NORM.

#pragma once

#include <span>
#include <vector>

#include "formats/decoder_config.h"

namespace quern::models {

/// The angles' speeds, ready for use.
struct RopeTable {
  int n_dims = 0;
  bool interleaved = false;
  float magnitude = 1;
  std::vector<float> frequencies;       // [n_dims / 2]: the angle of pair i at p is p * this.
  std::vector<float> long_frequencies;  // For sequences beyond n_short_positions; or empty.
  int n_short_positions = 0;
};

RopeTable make_rope_table(const formats::Rope& rope);

/// Which of its factors a rope turns by. Keys of one kind are of no use to the other.
enum class RopeFactors { kShort, kLong };

/// Those of a context of `n_positions`, however much longer it may become.
/// Source: transformers, longrope_frequency_update; Phi-3 computes its cache again at the border.
RopeFactors rope_factors_of(const RopeTable& table, int n_positions);

/// Cosines and sines of one position.
///
/// Shapes: cos_sin [n_dims]: cosines [n_dims / 2], then sines.
void rope_angles(const RopeTable& table, int position, RopeFactors factors,
                 std::span<float> cos_sin);

/// Turns the first n_dims numbers of each head in place.
///
/// Shapes: heads [n_heads * d_head].
void rope_rotate(const RopeTable& table, std::span<const float> cos_sin, int n_heads, int d_head,
                 float* heads);

}  // namespace quern::models
