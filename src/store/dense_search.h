// The nearest documents by their vectors, over a state of a store.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/catalog/generation.h"
#include "store/vector/codes.h"
#include "store/vector/search_plan.h"

namespace quern::store {

/// A document of a state.
struct DocPlace {
  std::size_t i_segment = 0;
  std::uint32_t doc = 0;

  bool operator==(const DocPlace&) const = default;
};

struct NearDoc {
  DocPlace place;
  double score = 0;
};

/// How a segment was searched.
struct SegmentWay {
  SearchWay way = SearchWay::kNone;
  std::uint32_t n_allowed = 0;
  std::uint32_t n_visits = 0;  // Of a graph: rows scored, and lists looked through.
  bool is_given_up = false;    // A graph was walked first, and did not get there.
};

struct DenseReport {
  std::vector<SegmentWay> segments = {};  // Those of the generation.
  bool is_approximate = false;            // A graph had its part in the answer.
};

/// Where vectors are searched. Everything is borrowed.
struct DenseSearch {
  const Generation* generation = nullptr;
  const SpaceRow* space = nullptr;
  const VectorQuery* query = nullptr;
  const std::vector<Bitmap>* allowed = nullptr;  // [n_segments]; null: all that live.
  std::size_t n_wanted = 10;
  Exactness exactness = Exactness::kByPlan;
  DenseReport* report = nullptr;  // Null: nobody asks.
};

/// The best first; of equal scores the smaller key. The same whatever segments the documents lie
/// in, unless a graph is walked, which may miss some: search_plan.h says when. Asks
/// Pace::current(). Errors: kBadInput for damage; kIo; kCancelled.
Result<std::vector<NearDoc>> nearest_docs(const DenseSearch& wanted, ThreadPool& pool);

/// Scores of documents of one segment, as nearest_docs gives them. Shapes: docs ascending ->
/// [docs]; NaN for a document without a vector. Errors: as nearest_docs.
Result<std::vector<double>> dense_scores(const DenseSearch& wanted, std::size_t i_segment,
                                         std::span<const std::uint32_t> docs);

}  // namespace quern::store
