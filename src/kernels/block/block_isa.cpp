#include "kernels/block/block_isa.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "kernels/block/block_weight.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

// Each kind once, in the order of the tables.
std::vector<const BlockIsa*> detect() {
  std::vector<const BlockIsa*> found;
  for (const Table* t : runnable()) {
    if (std::find(found.begin(), found.end(), t->block) == found.end()) found.push_back(t->block);
  }
  return found;
}

std::atomic<const BlockIsa*>& chosen() {
  static std::atomic<const BlockIsa*> isa{active().block};
  return isa;
}

}  // namespace

std::span<const BlockIsa* const> block_runnable() {
  static const std::vector<const BlockIsa*> isas = detect();
  return isas;
}

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

const BlockIsa& block_active() { return *chosen().load(std::memory_order_relaxed); }
void block_set_active(const BlockIsa& isa) { chosen().store(&isa); }

}  // namespace quern::kernels
