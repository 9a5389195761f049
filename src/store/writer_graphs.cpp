// The part of a writer that builds graphs over vectors: each is a commit of its own.

#include <utility>

#include "store/vector/graph_file.h"
#include "store/writer.h"

namespace quern::store {
namespace {

/// The first vectors of a segment that are many and have no graph; null: none.
const VectorFile* without_graph(const SegmentView& view, std::uint32_t graph_from) {
  for (const auto& vectors : view.vectors) {
    const PartRow& row = vectors->row();
    if (row.n_rows >= graph_from && view.graph_in(row.space) == nullptr) return vectors.get();
  }
  return nullptr;
}

// Behind the vectors that it was built of, as the catalog gives parts.
void add_part(SegmentRow& row, const PartRow& graph) {
  auto at = row.parts.begin();
  while (at->space != graph.space) ++at;
  row.parts.insert(at + 1, graph);
}

}  // namespace

// One graph that is missing. False where there is none.
Result<bool> Writer::add_graph(Pace& pace) {
  std::size_t i = 0;
  const VectorFile* vectors = nullptr;
  for (; i < work_.size(); ++i) {
    if (damaged_.contains(work_[i].view.segment->id())) continue;
    vectors = without_graph(work_[i].view, options_.graph_from);
    if (vectors != nullptr) break;
  }
  if (vectors == nullptr) return false;
  const SegmentRow& segment = work_[i].view.row;
  const SpaceRow* space = find_space(vectors->row().space);
  ThreadPool& pool = options_.pool != nullptr ? *options_.pool : ThreadPool::serial();
  const GraphOptions how;
  Reservation memory;
  if (options_.ledger != nullptr) {
    QUERN_ASSIGN(memory,
                 options_.ledger->reserve(
                     kGraphTenant, graph_build_bytes(segment.identity.n_docs, space->space.d, how,
                                                     pool.n_threads())));
  }
  const std::string folder = segment_folder(place_.folder);
  const Pace::Scope scope(pace);
  const Result<PartRow> part = write_graph_file(
      *place_.files, folder, name_for(segment.identity.segment), *vectors, how, pool);
  if (part.status().code() == Code::kBadInput) damaged_.insert(segment.identity.segment);
  QUERN_TRY(part.status());
  auto graph = open_graph_part(folder, segment, *part, spaces_);
  if (!graph.ok()) {
    remove_files({part->file});
    return graph.status();
  }
  std::vector<Work> next = work_;
  add_part(next[i].view.row, *part);
  next[i].view.graphs.push_back(std::move(*graph));
  next[i].has_new_parts = true;
  QUERN_TRY(publish(std::move(next), spaces_));
  return true;
}

}  // namespace quern::store
