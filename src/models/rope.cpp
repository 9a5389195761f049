#include "models/rope.h"

#include <cmath>

namespace quern::models {
namespace {

// In f32, as the reference implementation has them: a double would be more exact, and differ.
std::vector<float> frequencies_of(const formats::Rope& rope, const std::vector<float>& factors) {
  std::vector<float> out(static_cast<std::size_t>(rope.n_dims / 2));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(rope.n_dims);
    out[i] = 1.0f / std::pow(static_cast<float>(rope.base), exponent);
    if (!factors.empty()) out[i] /= factors[i];
  }
  return out;
}

}  // namespace

RopeTable make_rope_table(const formats::Rope& rope) {
  RopeTable table;
  table.n_dims = rope.n_dims;
  table.interleaved = rope.interleaved;
  table.magnitude = rope.magnitude;
  table.frequencies = frequencies_of(rope, rope.factors);
  if (!rope.long_factors.empty()) {
    table.long_frequencies = frequencies_of(rope, rope.long_factors);
    table.n_short_positions = rope.n_short_positions;
  }
  return table;
}

RopeFactors rope_factors_of(const RopeTable& table, int n_positions) {
  const bool is_long = !table.long_frequencies.empty() && n_positions > table.n_short_positions;
  return is_long ? RopeFactors::kLong : RopeFactors::kShort;
}

void rope_angles(const RopeTable& table, int position, RopeFactors factors,
                 std::span<float> cos_sin) {
  const std::vector<float>& speeds =
      factors == RopeFactors::kLong ? table.long_frequencies : table.frequencies;
  const std::size_t n = speeds.size();
  for (std::size_t i = 0; i < n; ++i) {
    const float angle = static_cast<float>(position) * speeds[i];
    cos_sin[i] = std::cos(angle) * table.magnitude;
    cos_sin[n + i] = std::sin(angle) * table.magnitude;
  }
}

void rope_rotate(const RopeTable& table, std::span<const float> cos_sin, int n_heads, int d_head,
                 float* heads) {
  const int n = table.n_dims / 2;
  const int step = table.interleaved ? 2 : 1;
  const int apart = table.interleaved ? 1 : n;
  const float* cosines = cos_sin.data();
  const float* sines = cosines + n;
  for (int h = 0; h < n_heads; ++h, heads += d_head) {
    for (int i = 0; i < n; ++i) {
      float& a = heads[i * step];
      float& b = heads[i * step + apart];
      const float turned = a * cosines[i] - b * sines[i];
      b = b * cosines[i] + a * sines[i];
      a = turned;
    }
  }
}

}  // namespace quern::models
