#include "kernels/amx/amx.h"

#include <algorithm>
#include <array>

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace quern::kernels {
namespace {

bool cpu_has_amx() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24, kInt8 = 1u << 25;
  return (edx & (kBf16 | kTile | kInt8)) == (kBf16 | kTile | kInt8);
}

// Linux keeps the registers' eight kilobytes from processes that have not asked for them.
bool may_use_tiles() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILE_DATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

AmxConfig config_for(int n_rows) {
  AmxConfig config;
  const auto set = [&](int reg, int rows) {
    config.rows[reg] = static_cast<std::uint8_t>(rows);
    config.row_bytes[reg] = rows == 0 ? 0 : kAmxRowBytes;
  };
  const int upper = std::min(n_rows, kAmxRows);
  for (const int reg : {0, 1, 4}) set(reg, upper);
  for (const int reg : {2, 3, 5}) set(reg, n_rows - upper);
  for (const int reg : {6, 7}) set(reg, kAmxRows);
  return config;
}

}  // namespace

bool amx_usable() {
  static const bool usable = cpu_has_amx() && may_use_tiles();
  return usable;
}

const AmxConfig& amx_config(int n_rows) {
  static const std::array<AmxConfig, kAmxTileRows> configs = [] {
    std::array<AmxConfig, kAmxTileRows> out;
    for (int i = 0; i < kAmxTileRows; ++i) out[static_cast<std::size_t>(i)] = config_for(i + 1);
    return out;
  }();
  return configs[static_cast<std::size_t>(n_rows - 1)];
}

}  // namespace quern::kernels
