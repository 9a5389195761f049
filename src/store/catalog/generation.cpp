#include "store/catalog/generation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "store/byte_cursor.h"
#include "store/lexical/dictionary.h"
#include "store/lexical/postings.h"

namespace quern::store {
namespace {

constexpr std::size_t kMaxRemembered = 4096;

Result<std::int64_t> count_live(const LexicalPart& part, const TermInfo& term, const Bitmap& live) {
  QUERN_ASSIGN(const Postings postings, Postings::open(part.postings, term, part.n_docs));
  std::int64_t n = 0;
  BlockValues docs;
  for (std::uint32_t block = 0; block < postings.n_blocks(); ++block) {
    const std::uint32_t n_docs = postings.decode_docs(block, docs);
    if (n_docs == 0) return {Code::kBadInput, "damaged postings"};
    for (std::uint32_t i = 0; i < n_docs; ++i) n += live.has(docs[i]) ? 1 : 0;
  }
  return n;
}

Result<std::int64_t> live_df_in(const SegmentView& view, int field, std::string_view term) {
  QUERN_ASSIGN(const LexicalPart* part, view.segment->lexical());
  QUERN_ASSIGN(const std::optional<TermInfo> info, part->dictionary.find(field, term));
  if (!info) return std::int64_t{0};
  QUERN_TRY(view.segment->check_list(*info));
  if (view.row.tombstone.n_dead == 0) return std::int64_t{info->df};
  return count_live(*part, *info, *view.live);
}

const VectorSpace& space_of(const PartRow& part, std::span<const SpaceRow> spaces) {
  const auto space = std::find_if(spaces.begin(), spaces.end(),
                                  [&](const SpaceRow& other) { return other.id == part.space; });
  QUERN_CHECK(space != spaces.end());  // The catalog was read so.
  return space->space;
}

// The file of a part among those that are open, or null.
template <typename File>
std::shared_ptr<const File> known_part(const std::vector<std::shared_ptr<const File>>& open,
                                       const PartRow& part) {
  for (const auto& file : open) {
    if (file->row() == part) return file;
  }
  return nullptr;
}

Result<Bitmap> allowed_in(const SegmentView& view, const Filter& filter) {
  FilterSource source;
  source.n_docs = view.row.identity.n_docs;
  QUERN_ASSIGN(source.attributes, view.segment->attributes());
  source.keys_with_prefix = [&](std::string_view prefix) -> Result<FilterSource::Ids> {
    QUERN_ASSIGN(const KeyColumn* keys, view.segment->keys());
    QUERN_ASSIGN(const KeyColumn::Range range, keys->with_prefix(prefix));
    return FilterSource::Ids{.begin = range.begin, .end = range.end};
  };
  QUERN_ASSIGN(Bitmap allowed, evaluate(filter, source));
  allowed &= *view.live;
  return allowed;
}

}  // namespace

Result<SegmentView> view_of(std::shared_ptr<const Segment> segment, const SegmentRow& row) {
  SegmentView view{.row = row, .segment = std::move(segment), .live = nullptr};
  Bitmap live = Bitmap::all(row.identity.n_docs);
  if (row.tombstone.n_dead > 0) {
    QUERN_ASSIGN(const Bitmap dead,
                 bitmap_from_bytes(bytes_of(row.tombstone.bitmap), row.identity.n_docs));
    live.subtract(dead);
  }
  view.live = std::make_shared<const Bitmap>(std::move(live));
  return view;
}

Result<std::shared_ptr<const VectorFile>> open_part(const PartPlaces& places, const SegmentRow& row,
                                                    const PartRow& part,
                                                    std::span<const SpaceRow> spaces) {
  return VectorFile::open(places, row.identity.segment, row.identity.n_docs, part,
                          space_of(part, spaces));
}

Result<std::shared_ptr<const GraphFile>> open_graph_part(const PartPlaces& places,
                                                         const SegmentRow& row, const PartRow& part,
                                                         std::span<const SpaceRow> spaces) {
  return GraphFile::open(places, row.identity.segment, row.identity.n_docs, part,
                         space_of(part, spaces));
}

Result<SegmentView> open_view(const PartPlaces& places, const SegmentRow& row, const Schema& schema,
                              std::span<const SpaceRow> spaces) {
  QUERN_ASSIGN(std::shared_ptr<const Segment> segment, Segment::open(places, row, schema));
  QUERN_ASSIGN(SegmentView view, view_of(std::move(segment), row));
  const auto is_lost = [](const PartRow&, const Status& why) { return why; };
  QUERN_TRY(open_parts(places, row, spaces, /*before=*/nullptr, is_lost, view));
  return view;
}

Status open_parts(const PartPlaces& places, const SegmentRow& row, std::span<const SpaceRow> spaces,
                  const SegmentView* before, const OnLostPart& on_lost, SegmentView& view) {
  const auto add = [&](const PartRow& part, auto files, const auto& open) -> Status {
    auto file = before == nullptr ? nullptr : known_part(before->*files, part);
    if (file == nullptr) {
      auto opened = open(places, row, part, spaces);
      if (!opened.ok()) return on_lost(part, opened.status());
      file = std::move(*opened);
    }
    (view.*files).push_back(std::move(file));
    return {};
  };
  for (const PartRow& part : row.parts) {
    QUERN_TRY(part.kind == FileKind::kGraph ? add(part, &SegmentView::graphs, open_graph_part)
                                            : add(part, &SegmentView::vectors, open_part));
  }
  return {};
}

const VectorFile* SegmentView::vectors_in(SpaceId space) const {
  for (const auto& file : vectors) {
    if (file->row().space == space) return file.get();
  }
  return nullptr;
}

const GraphFile* SegmentView::graph_in(SpaceId space) const {
  for (const auto& file : graphs) {
    if (file->row().space == space) return file.get();
  }
  return nullptr;
}

std::uint32_t SegmentView::n_missing(SpaceId space) const {
  const VectorFile* file = vectors_in(space);
  if (file == nullptr) return n_live();
  return Bitmap(*live).subtract(file->present()).count();
}

std::uint64_t live_docs(const std::vector<SegmentView>& segments) {
  std::uint64_t n = 0;
  for (const SegmentView& view : segments) n += view.n_live();
  return n;
}

std::vector<FieldStats> live_stats(const std::vector<SegmentView>& segments, std::size_t n_fields) {
  std::vector<FieldStats> out(n_fields);
  for (const SegmentView& view : segments) {
    for (std::size_t f = 0; f < n_fields; ++f) {
      out[f].n_docs += view.row.fields[f].n_docs - view.row.tombstone.fields[f].n_docs;
      out[f].n_tokens += view.row.fields[f].n_tokens - view.row.tombstone.fields[f].n_tokens;
    }
  }
  return out;
}

Result<Snapshot> Generation::without_damaged() const {
  const std::lock_guard<std::mutex> lock(damage_mutex_);
  if (!was_read_) {
    QUERN_ASSIGN(whole_, read_for_damage());
    was_read_ = true;
  }
  return whole_;
}

Snapshot Generation::known_whole() const {
  const std::lock_guard<std::mutex> lock(damage_mutex_);
  return whole_;
}

Result<Snapshot> Generation::read_for_damage() const {
  std::vector<SegmentView> whole;
  std::vector<Status> damaged = damaged_;
  // False where it is damaged. Errors: what says nothing of the files.
  const auto is_whole = [&](const Status& status) -> Result<bool> {
    if (status.ok()) return true;
    if (status.code() != Code::kBadInput && status.code() != Code::kUnsupported) return status;
    damaged.push_back(status);
    return false;
  };
  for (const SegmentView& view : segments_) {
    QUERN_ASSIGN(const bool is_text_whole, is_whole(view.segment->check()));
    if (!is_text_whole) continue;
    SegmentView& kept = whole.emplace_back(view);
    kept.vectors.clear();
    kept.graphs.clear();
    for (const auto& vectors : view.vectors) {
      QUERN_ASSIGN(const bool are_whole, is_whole(vectors->check()));
      if (are_whole) kept.vectors.push_back(vectors);
    }
    for (const auto& graph : view.graphs) {
      const VectorFile* vectors = kept.vectors_in(graph->row().space);
      if (vectors == nullptr) continue;
      QUERN_ASSIGN(const bool is_graph_whole, is_whole(graph->check(*vectors)));
      if (is_graph_whole) kept.graphs.push_back(graph);
    }
  }
  if (damaged.size() == damaged_.size()) return Snapshot();
  GenerationRow row = row_;
  row.n_live = live_docs(whole);
  row.fields = live_stats(whole, row.fields.size());
  return Snapshot(std::make_shared<const Generation>(
      std::move(row), spaces_, fits_, std::move(whole), std::move(damaged), ledger()));
}

const SpaceRow* Generation::active_space() const { return active_of(spaces_); }

std::uint64_t Generation::n_missing(SpaceId space) const {
  std::uint64_t n = 0;
  for (const SegmentView& view : segments_) n += view.n_missing(space);
  return n;
}

Result<std::int64_t> Generation::live_df(int field, std::string_view term) const {
  const std::string key = term_key(field, term);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = live_df_.find(key);
    if (found != live_df_.end()) return found->second;
  }
  std::int64_t n = 0;
  for (const SegmentView& view : segments_) {
    QUERN_ASSIGN(const std::int64_t n_here, live_df_in(view, field, term));
    n += n_here;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (live_df_.size() >= kMaxRemembered) live_df_.clear();
  live_df_.emplace(key, n);
  return n;
}

Result<std::shared_ptr<const AllowedDocs>> Generation::allowed(const Filter& filter) const {
  return filters_.find_or_make(filter, [&]() -> Result<AllowedDocs> {
    AllowedDocs docs;
    for (const SegmentView& view : segments_) {
      QUERN_ASSIGN(Bitmap allowed, allowed_in(view, filter));
      docs.push_back(std::move(allowed));
    }
    return docs;
  });
}

Result<Place> find_key(const std::vector<SegmentView>& segments, std::string_view key) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    QUERN_ASSIGN(const KeyColumn* keys, segments[i].segment->keys());
    QUERN_ASSIGN(const std::optional<std::uint32_t> doc, keys->find(key));
    if (doc && segments[i].live->has(*doc)) return Place{.i_segment = i, .doc = *doc};
  }
  return {Code::kNotFound, "no document '" + printable_key(key) + "'"};
}

Result<StoredDocument> document_of(const std::vector<SegmentView>& segments, std::string_view key) {
  QUERN_ASSIGN(const Place place, find_key(segments, key));
  return segments[place.i_segment].segment->stored_text().read(place.doc);
}

Result<std::string> stored_of(const std::vector<SegmentView>& segments, std::string_view key) {
  QUERN_ASSIGN(const Place place, find_key(segments, key));
  StoredTextReader reader = segments[place.i_segment].segment->stored_text();
  return reader.read_stored(place.doc);
}

}  // namespace quern::store
