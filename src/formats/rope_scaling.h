// The ways to stretch rotary position embeddings over more positions than a model was trained on,
// each as the factors that divide the frequencies (decoder_config.h: Rope).

#pragma once

#include <vector>

namespace quern::formats {

/// Every frequency divided by `factor`.
std::vector<float> linear_rope_factors(int n_dims, double factor);

struct Llama3Scaling {
  double factor = 8;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  int n_original_positions = 8192;
};

/// Short waves stay, long waves are stretched by `factor`, those between are blended.
/// Source: meta-llama/llama-models, apply_scaling; transformers _compute_llama3_parameters.
std::vector<float> llama3_rope_factors(int n_dims, double base, const Llama3Scaling& scaling);

struct YarnScaling {
  double factor = 1;
  double beta_fast = 32;
  double beta_slow = 1;
  int n_original_positions = 0;
  bool truncate = true;  // Round the borders of the ramp outwards.
};

/// Source: Peng et al. 2023 (arXiv 2309.00071), eq. 17 to 23; transformers
/// _compute_yarn_parameters.
std::vector<float> yarn_rope_factors(int n_dims, double base, const YarnScaling& scaling);

/// The magnitude that goes with YaRN: 0.1 ln(factor) + 1.
double yarn_magnitude(double factor);

/// The magnitude of Phi-3's long rope: sqrt(1 + ln(factor) / ln(n_original_positions)).
double long_rope_magnitude(double factor, int n_original_positions);

}  // namespace quern::formats
