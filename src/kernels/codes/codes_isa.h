// The products of codes that each instruction set writes for itself.

#pragma once

#include <span>

#include "kernels/codes/codes.h"

namespace quern::kernels {

struct CodesIsa {
  const char* isa;
  void (*dots)(const CodeDots& dots);  // code_dots of checked shapes
};

extern const CodesIsa codes_plain;
extern const CodesIsa codes_avx2;
extern const CodesIsa codes_avx2_vnni;
extern const CodesIsa codes_avx512_vnni;

/// Every version this CPU can run, plain first, best last.
std::span<const CodesIsa* const> codes_runnable();

/// The version in use: that of the active table. Tests and benchmarks may set another; not while
/// products run.
const CodesIsa& codes_active();
void codes_set_active(const CodesIsa& isa);

}  // namespace quern::kernels
