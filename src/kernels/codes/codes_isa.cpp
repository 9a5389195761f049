#include "kernels/codes/codes_isa.h"

#include "base/check.h"
#include "kernels/isa_choice.h"

namespace quern::kernels {
namespace {

IsaChoice<CodesIsa>& choice() {
  static IsaChoice<CodesIsa> isas(&Table::codes);
  return isas;
}

}  // namespace

std::span<const CodesIsa* const> codes_runnable() { return choice().runnable(); }

const CodesIsa& codes_active() { return choice().in_use(); }
void codes_set_active(const CodesIsa& isa) { choice().use(isa); }

void code_dots(const CodeDots& dots) {
  QUERN_CHECK(dots.d > 0 && dots.d % kCodeLine == 0 && dots.d <= kMaxCodes);
  QUERN_CHECK(dots.n_queries >= 1 && dots.n_queries <= kMaxCodeQueries);
  QUERN_CHECK(dots.n_rows >= 0 && dots.out_stride >= dots.n_rows);
  codes_active().dots(dots);
}

}  // namespace quern::kernels
