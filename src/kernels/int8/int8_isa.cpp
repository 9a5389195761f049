#include "kernels/int8/int8_isa.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "kernels/table.h"

namespace quern::kernels {
namespace {

// Each kind once, in the order of the tables.
std::vector<const Int8Isa*> detect() {
  std::vector<const Int8Isa*> found;
  for (const Table* t : runnable()) {
    if (std::find(found.begin(), found.end(), t->int8) == found.end()) found.push_back(t->int8);
  }
  return found;
}

std::atomic<const Int8Isa*>& chosen() {
  static std::atomic<const Int8Isa*> isa{active().int8};
  return isa;
}

}  // namespace

std::span<const Int8Isa* const> int8_runnable() {
  static const std::vector<const Int8Isa*> isas = detect();
  return isas;
}

const Int8Isa& int8_active() { return *chosen().load(std::memory_order_relaxed); }
void int8_set_active(const Int8Isa& isa) { chosen().store(&isa); }

}  // namespace quern::kernels
