#include "kernels/block/block_isa.h"

#include "kernels/block/block_weight.h"
#include "kernels/isa_choice.h"

namespace quern::kernels {
namespace {

IsaChoice<BlockIsa>& choice() {
  static IsaChoice<BlockIsa> isas(&Table::block);
  return isas;
}

}  // namespace

std::span<const BlockIsa* const> block_runnable() { return choice().runnable(); }

std::ptrdiff_t BlockPanels::panel_bytes() const {
  return static_cast<std::ptrdiff_t>(block_panel_bytes(shape->format, n_blocks * kBlockInputs));
}

BlockPanels BlockPanels::second() const {
  BlockPanels one = *this;
  one.panel += panel_bytes();
  one.c += kPanelWidth;
  one.n_panels = 1;
  return one;
}

const BlockIsa& block_active() { return choice().in_use(); }
void block_set_active(const BlockIsa& isa) { choice().use(isa); }

}  // namespace quern::kernels
