#include "kernels/int8/int8_isa.h"

#include "kernels/isa_choice.h"

namespace quern::kernels {
namespace {

IsaChoice<Int8Isa>& choice() {
  static IsaChoice<Int8Isa> isas(&Table::int8);
  return isas;
}

}  // namespace

std::span<const Int8Isa* const> int8_runnable() { return choice().runnable(); }

const Int8Isa& int8_active() { return choice().in_use(); }
void int8_set_active(const Int8Isa& isa) { choice().use(isa); }

}  // namespace quern::kernels
