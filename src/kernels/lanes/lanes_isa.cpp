#include "kernels/isa_choice.h"
#include "kernels/lanes/lanes.h"

namespace quern::kernels {
namespace {

IsaChoice<LaneIsa>& choice() {
  static IsaChoice<LaneIsa> isas(&Table::lanes);
  return isas;
}

}  // namespace

std::span<const LaneIsa* const> lanes_runnable() { return choice().runnable(); }

const LaneIsa& lanes_active() { return choice().in_use(); }

}  // namespace quern::kernels
