#include "kernels/attention/kv_page.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "kernels/table.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

constexpr int kLane = 16;
constexpr int kScaled = 32;  // Dimensions that share a q8_0 scale.

struct Head {
  std::byte* keys;
  std::byte* values;
  std::uint16_t* key_scales;
  std::uint16_t* value_scales;
};

Head head_of(const KvShape& shape, int head, std::byte* page) {
  std::byte* at = page + static_cast<std::size_t>(head) * shape.head_bytes();
  std::byte* values = at + shape.keys_bytes();
  auto* scales = reinterpret_cast<std::uint16_t*>(
      values +
      shape.element_bytes() * static_cast<std::size_t>(shape.padded_width()) * kKvPageTokens);
  return {at, values, scales, scales + shape.d_head / kScaled * kKvPageTokens};
}

std::ptrdiff_t key_at(int d_head, int slot, int dim) {
  return static_cast<std::ptrdiff_t>(slot / kLane) * d_head * kLane + dim * kLane + slot % kLane;
}
std::ptrdiff_t value_at(int slot, int dim) {
  return static_cast<std::ptrdiff_t>(dim / kLane) * kKvPageTokens * kLane + slot * kLane +
         dim % kLane;
}

template <typename T>
void place(const KvShape& shape, int slot, const T* k, const T* v, const Head& to) {
  auto* keys = reinterpret_cast<T*>(to.keys) + key_at(shape.d_head, slot, 0);
  auto* values = reinterpret_cast<T*>(to.values) + value_at(slot, 0);
  for (int i = 0; i < shape.d_head; ++i) keys[i * kLane] = k[i];
  for (int i = 0; i < shape.d_head; i += kLane) {
    const int n = std::min(kLane, shape.d_head - i);
    std::memcpy(values + static_cast<std::ptrdiff_t>(i) * kKvPageTokens, v + i,
                static_cast<std::size_t>(n) * sizeof(T));
  }
}

/// Codes of one head's d values and their scales. Source: ggml-quants.c, quantize_row_q8_0_ref.
void quantise(const float* x, int d, std::int8_t* codes, std::uint16_t* scales) {
  for (int b = 0; b < d; b += kScaled) {
    float largest = 0;
    for (int i = b; i < b + kScaled; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float scale = largest / 127.0f;
    const float inverse = scale > 0 ? 1.0f / scale : 0.0f;
    active().f16_row(&scale, 1, scales + b / kScaled);
    for (int i = b; i < b + kScaled; ++i) {
      codes[i] = static_cast<std::int8_t>(std::lrintf(std::clamp(x[i] * inverse, -127.0f, 127.0f)));
    }
  }
}

void place_q8(const KvShape& shape, int slot, const float* k, const float* v, const Head& to) {
  std::int8_t key_codes[kMaxHeadWidth];
  std::int8_t value_codes[kMaxHeadWidth];
  std::uint16_t key_scales[kMaxHeadWidth / kScaled];
  std::uint16_t value_scales[kMaxHeadWidth / kScaled];
  quantise(k, shape.d_head, key_codes, key_scales);
  quantise(v, shape.d_head, value_codes, value_scales);
  place(shape, slot, key_codes, value_codes, to);
  const int n_scales = shape.d_head / kScaled;
  for (int i = 0; i < n_scales; ++i) {
    to.key_scales[(slot / kLane * n_scales + i) * kLane + slot % kLane] = key_scales[i];
    to.value_scales[i * kKvPageTokens + slot] = value_scales[i];
  }
}

}  // namespace

const char* kv_type_name(KvType type) {
  return type == KvType::kF32 ? "f32" : type == KvType::kF16 ? "f16" : "q8_0";
}

Result<KvType> parse_kv_type(std::string_view name) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
    if (name == kv_type_name(type)) return type;
  }
  return {Code::kBadInput, fmt::format("KV cache type '{}', want f16, q8_0 or f32", name)};
}

std::size_t KvShape::element_bytes() const {
  return type == KvType::kF32 ? 4 : type == KvType::kF16 ? 2 : 1;
}

std::size_t KvShape::keys_bytes() const {
  return element_bytes() * static_cast<std::size_t>(d_head) * kKvPageTokens;
}

std::size_t KvShape::head_bytes() const {
  std::size_t bytes =
      keys_bytes() + element_bytes() * static_cast<std::size_t>(padded_width()) * kKvPageTokens;
  if (type == KvType::kQ8_0) {
    bytes += 2 * static_cast<std::size_t>(d_head / kScaled) * kKvPageTokens * sizeof(std::uint16_t);
  }
  return (bytes + 63) / 64 * 64;
}

void write_kv(const KvShape& shape, int slot, const float* k, const float* v, std::byte* page) {
  const int d = shape.d_head;
  for (int h = 0; h < shape.n_kv_heads; ++h, k += d, v += d) {
    const Head to = head_of(shape, h, page);
    switch (shape.type) {
      case KvType::kF32:
        place(shape, slot, k, v, to);
        break;
      case KvType::kF16: {
        std::uint16_t half_k[kMaxHeadWidth];
        std::uint16_t half_v[kMaxHeadWidth];
        active().f16_row(k, d, half_k);
        active().f16_row(v, d, half_v);
        place(shape, slot, half_k, half_v, to);
        break;
      }
      case KvType::kQ8_0:
        place_q8(shape, slot, k, v, to);
        break;
    }
  }
}

void expand_kv(const KvShape& shape, int head, const std::byte* page, float* keys, float* values) {
  const Head from = head_of(shape, head, const_cast<std::byte*>(page));
  const int d = shape.d_head;
  const int n_keys = d * kKvPageTokens;
  const int n_values = shape.padded_width() * kKvPageTokens;
  if (shape.type == KvType::kF32) {
    std::memcpy(keys, from.keys, static_cast<std::size_t>(n_keys) * sizeof(float));
    std::memcpy(values, from.values, static_cast<std::size_t>(n_values) * sizeof(float));
    return;
  }
  if (shape.type == KvType::kF16) {
    const auto* k = reinterpret_cast<const std::uint16_t*>(from.keys);
    const auto* v = reinterpret_cast<const std::uint16_t*>(from.values);
    for (int i = 0; i < n_keys; ++i) keys[i] = f32_from_f16(k[i]);
    for (int i = 0; i < n_values; ++i) values[i] = f32_from_f16(v[i]);
    return;
  }
  const auto* k = reinterpret_cast<const std::int8_t*>(from.keys);
  const auto* v = reinterpret_cast<const std::int8_t*>(from.values);
  for (int panel = 0; panel < kKvPageTokens / kLane; ++panel) {
    for (int b = 0; b < d; b += kScaled) {
      float scales[kLane];
      const std::uint16_t* stored = from.key_scales + (panel * d / kScaled + b / kScaled) * kLane;
      for (int o = 0; o < kLane; ++o) scales[o] = f32_from_f16(stored[o]);
      for (int i = (panel * d + b) * kLane; i < (panel * d + b + kScaled) * kLane; i += kLane) {
        for (int o = 0; o < kLane; ++o) keys[i + o] = static_cast<float>(k[i + o]) * scales[o];
      }
    }
  }
  for (int first = 0; first < d; first += kLane) {
    const std::uint16_t* stored = from.value_scales + first / kScaled * kKvPageTokens;
    const int at = first * kKvPageTokens;
    for (int t = 0; t < kKvPageTokens; ++t) {
      const float scale = f32_from_f16(stored[t]);
      for (int o = 0; o < kLane; ++o) {
        values[at + t * kLane + o] = static_cast<float>(v[at + t * kLane + o]) * scale;
      }
    }
  }
}

}  // namespace quern::kernels
