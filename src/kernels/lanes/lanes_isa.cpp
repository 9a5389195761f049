// Which of the lanes' versions this CPU can run.

#include <string_view>
#include <vector>

#include "kernels/lanes/lanes.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

// The tables above avx512 add dot products, of which there are none here.
const LaneIsa& lanes_of(const Table& table) {
  const std::string_view isa = table.isa;
  if (isa == "plain") return lanes_plain;
  return isa.starts_with("avx2") ? lanes_avx2 : lanes_avx512;
}

}  // namespace

std::span<const LaneIsa* const> lanes_runnable() {
  static const std::vector<const LaneIsa*> all = [] {
    std::vector<const LaneIsa*> out;
    for (const Table* table : runnable()) {
      if (out.empty() || out.back() != &lanes_of(*table)) out.push_back(&lanes_of(*table));
    }
    return out;
  }();
  return all;
}

const LaneIsa& lanes_active() {
  static const LaneIsa& isa = lanes_of(active());
  return isa;
}

}  // namespace quern::kernels
