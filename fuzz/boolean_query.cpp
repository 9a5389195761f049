// The bulk route's query language: any text is a query that is no deeper than the limit, or an
// error.

#include "apps/papers/boolean_query.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace {

using quern::apps::BooleanOp;
using quern::apps::BooleanQuery;

int depth_of(const BooleanQuery& query) {
  const bool is_inner = query.op <= BooleanOp::kNot;
  QUERN_CHECK(is_inner || query.parts.empty());
  QUERN_CHECK(query.op != BooleanOp::kNot || query.parts.size() == 1);
  QUERN_CHECK(query.op != BooleanOp::kOr || query.parts.size() != 1);
  int depth = 0;
  for (const BooleanQuery& part : query.parts) depth = std::max(depth, depth_of(part));
  return depth + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const auto query = quern::apps::parse_boolean_query(text);
  if (!query.ok()) return 0;
  // An AND and an OR may stand between two brackets.
  QUERN_CHECK(depth_of(*query) <= 3 * (quern::apps::kMaxBooleanDepth + 2));
  return 0;
}
