// Element types of tensors as files hold them.

#pragma once

#include <cstddef>
#include <cstdint>

namespace quern {

enum class DType : std::uint8_t { kF32, kF16, kBF16, kF64, kI64, kI32, kI16, kI8, kU8, kBool };

std::size_t dtype_bytes(DType dtype);
const char* dtype_name(DType dtype);  // "f32", "bf16", ...

/// Exact widening of one IEEE half / bfloat16 value given by its bits. NaN stays NaN.
float f32_from_f16(std::uint16_t bits);
float f32_from_bf16(std::uint16_t bits);

/// Round to nearest, ties to even, as the AVX512-BF16 conversion does for normal numbers.
std::uint16_t bf16_from_f32(float value);

}  // namespace quern
