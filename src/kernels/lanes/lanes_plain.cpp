// The meaning of the lanes' arithmetic, a number at a time.

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/lanes/lanes.h"

#define QUERN_TARGET

namespace quern::kernels {
namespace {

struct V {
  using Type = float;
  static constexpr int kWidth = 1;

  static float load(const float* p) { return *p; }
  static void store(float* p, float v) { *p = v; }
  static float set1(float x) { return x; }
  static float add(float a, float b) { return a + b; }
  static float sub(float a, float b) { return a - b; }
  static float mul(float a, float b) { return a * b; }
  static float div(float a, float b) { return a / b; }
  static float fma(float a, float b, float c) { return std::fma(a, b, c); }
  // The second where one is no number, as the instructions have it.
  static float min(float a, float b) { return a < b ? a : b; }
  static float max(float a, float b) { return a > b ? a : b; }
  static float abs(float a) { return std::fabs(a); }
  static float round(float a) { return std::nearbyint(a); }
  static float pow2(float n) {
    return std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
  }
  static float above(float a, float b, float c, float d) { return a > b ? c : d; }
};

#include "kernels/lanes/lanes.inc"

}  // namespace

constinit const LaneIsa lanes_plain = {.isa = "plain",
                                       .product = product,
                                       .leaky_tanh = leaky_tanh,
                                       .leaky_linear = leaky_linear,
                                       .leaky_sine = leaky_sine,
                                       .fire = fire};

}  // namespace quern::kernels
