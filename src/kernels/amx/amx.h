// Intel's matrix registers (AMX): eight of 16 rows of 64 bytes, and their products.
//
// Source: Intel Architecture Instruction Set Extensions, chapter 3; Linux Documentation/arch/x86/
// xstate.rst for the permission.

#pragma once

#include <cstdint>

namespace quern::kernels {

inline constexpr int kAmxRows = 16;      // Of a register.
inline constexpr int kAmxRowBytes = 64;  // Of each.
inline constexpr int kAmxSteps = 16;     // 32-bit units of a row.
inline constexpr int kAmxTileRows = 32;  // Two registers below each other.

/// Whether this CPU has AMX with bf16 and int8 and the kernel lets this process use it; asks for
/// that, once for all threads of now and later.
bool amx_usable();

/// The shape of the eight registers: what LDTILECFG reads. Registers 0 to 3 hold a 2 x 2 block of
/// results, 4 and 5 rows, 6 and 7 panels.
struct alignas(64) AmxConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// For n_rows in [1, kAmxTileRows]; what lies beyond the first register goes into the second.
const AmxConfig& amx_config(int n_rows);

}  // namespace quern::kernels
