// What was learnt for a store, as JSON: any bytes give a fusion or a gate for reranking that is
// written and read the same, or an error.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "store/rank/rerank_gate.h"
#include "store/rank/saved_fusion.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::store;
  const std::string_view json(reinterpret_cast<const char*>(data), n);
  if (const auto fusion = fusion_from_json(json); fusion.ok()) {
    const std::string written = json_from_fusion(*fusion);
    const auto again = fusion_from_json(written);
    QUERN_CHECK(again.ok() && json_from_fusion(*again) == written);
  }
  if (const auto gate = gate_from_json(json); gate.ok()) {
    QUERN_CHECK(!gate->spares(0));
    const auto again = gate_from_json(json_from_gate(*gate));
    QUERN_CHECK(again.ok() && again->tau == gate->tau);
    QUERN_CHECK(json_from_gate(*again) == json_from_gate(*gate));
  }
  return 0;
}
