#include "store/vector/search_plan.h"

namespace quern::store {
namespace {

bool takes_graph(const SegmentVectors& segment, Exactness exactness, const SearchRules& rules) {
  if (!segment.has_graph || exactness == Exactness::kExact) return false;
  if (exactness == Exactness::kGraph) return true;
  return segment.n_in_store > rules.exact_vectors && segment.n_allowed > rules.gathered_rows;
}

}  // namespace

const char* search_way_name(SearchWay way) {
  switch (way) {
    case SearchWay::kNone:
      return "none";
    case SearchWay::kScan:
      return "scan";
    case SearchWay::kGather:
      return "gather";
    case SearchWay::kGraph:
      return "graph";
  }
  return "";
}

SegmentPlan plan_search(const SegmentVectors& segment, Exactness exactness,
                        const SearchRules& rules) {
  if (segment.n_allowed == 0) return {};
  if (takes_graph(segment, exactness, rules)) {
    return {SearchWay::kGraph, segment.n_allowed / rules.visits_share};
  }
  const bool is_most =
      std::uint64_t{segment.n_allowed} * rules.scan_share >= std::uint64_t{segment.n_rows};
  return {is_most ? SearchWay::kScan : SearchWay::kGather, 0};
}

}  // namespace quern::store
