// One state of a store as it is read: its segments, who of their documents lives, and the
// statistics of those. Holding it keeps files readable and statistics in place, whatever is
// committed, merged or removed meanwhile.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/catalog/catalog.h"
#include "store/filter/bitmap.h"
#include "store/filter/filter_cache.h"
#include "store/segment/segment.h"
#include "store/vector/graph_file.h"

namespace quern::store {

struct SegmentView {
  SegmentRow row;
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const Bitmap> live;                           // [n_docs]
  std::vector<std::shared_ptr<const VectorFile>> vectors = {};  // By space; those of row.parts.

  std::vector<std::shared_ptr<const GraphFile>> graphs = {};  // By space; those of row.parts.

  /// Null: none of its documents has a vector there.
  const VectorFile* vectors_in(SpaceId space) const;

  /// Null: its vectors there are scanned.
  const GraphFile* graph_in(SpaceId space) const;

  /// Living documents without a vector in a space.
  std::uint32_t n_missing(SpaceId space) const;

  std::uint32_t n_live() const { return row.identity.n_docs - row.tombstone.n_dead; }
};

/// What of the segment lives, by its row. Errors: kBadInput for the bitmap of the dead.
Result<SegmentView> view_of(std::shared_ptr<const Segment> segment, const SegmentRow& row);

/// Opens the files of a row. Errors: as Segment::open, view_of and open_part.
Result<SegmentView> open_view(const PartPlaces& places, const SegmentRow& row, const Schema& schema,
                              std::span<const SpaceRow> spaces);

/// What becomes of a part that does not open: ok() leaves it out, anything else ends the opening.
using OnLostPart = std::function<Status(const PartRow& part, const Status& why)>;

/// Opens the files of `row`'s vectors and graphs into `view`; those that are open in `before`, if
/// that is there, are taken from it. Errors: those of on_lost.
Status open_parts(const PartPlaces& places, const SegmentRow& row, std::span<const SpaceRow> spaces,
                  const SegmentView* before, const OnLostPart& on_lost, SegmentView& view);

/// Opens a file of vectors. Errors: as VectorFile::open.
Result<std::shared_ptr<const VectorFile>> open_part(const PartPlaces& places, const SegmentRow& row,
                                                    const PartRow& part,
                                                    std::span<const SpaceRow> spaces);

/// Opens a file of a graph. Errors: as GraphFile::open.
Result<std::shared_ptr<const GraphFile>> open_graph_part(const PartPlaces& places,
                                                         const SegmentRow& row, const PartRow& part,
                                                         std::span<const SpaceRow> spaces);

/// Sums over segments: what a generation's row says.
std::uint64_t live_docs(const std::vector<SegmentView>& segments);
std::vector<FieldStats> live_stats(const std::vector<SegmentView>& segments, std::size_t n_fields);

/// Threads: any.
class Generation {
 public:
  /// `ledger`, if any, holds what is remembered, and outlives this.
  Generation(GenerationRow row, std::vector<SpaceRow> spaces, std::vector<FitRow> fits,
             std::vector<SegmentView> segments, std::vector<Status> damaged,
             ByteLedger* ledger = nullptr)
      : row_(std::move(row)),
        spaces_(std::move(spaces)),
        fits_(std::move(fits)),
        segments_(std::move(segments)),
        damaged_(std::move(damaged)),
        filters_(ledger) {}

  GenerationId id() const { return row_.id; }
  const GenerationRow& row() const { return row_; }
  const std::vector<SpaceRow>& spaces() const { return spaces_; }
  const std::vector<FitRow>& fits() const { return fits_; }
  const std::vector<SegmentView>& segments() const { return segments_; }

  /// What is searched; null where there are no vectors.
  const SpaceRow* active_space() const;

  /// Living documents without a vector in a space.
  std::uint64_t n_missing(SpaceId space) const;

  /// Why segments of the catalog, or their vectors or graphs, are missing here: those documents are
  /// not found, or by their words alone, or by a scan.
  const std::vector<Status>& damaged() const { return damaged_; }

  /// In how many live documents a field has a term, exactly; remembered. Its lists are summed: a
  /// search that asks for each of its terms reads nothing that is damaged. Errors: kBadInput.
  Result<std::int64_t> live_df(int field, std::string_view term) const;

  /// The live documents that a filter allows, of each segment; those of the last filters are
  /// remembered. Errors: as evaluate(); kBadInput, damaged.
  Result<std::shared_ptr<const AllowedDocs>> allowed(const Filter& filter) const;

  /// The same without the segments, vectors and graphs that are damaged somewhere, which are named;
  /// null where there are none. Reads all of the store, once. Errors: what kept it from being read;
  /// kCancelled.
  Result<std::shared_ptr<const Generation>> without_damaged() const;

  /// What without_damaged() found, if it was asked and found damage; else null.
  std::shared_ptr<const Generation> known_whole() const;

  ByteLedger* ledger() const { return filters_.ledger(); }

 private:
  Result<std::shared_ptr<const Generation>> read_for_damage() const;

  GenerationRow row_;
  std::vector<SpaceRow> spaces_;
  std::vector<FitRow> fits_;
  std::vector<SegmentView> segments_;
  std::vector<Status> damaged_;
  mutable std::mutex mutex_;  // Guards this.
  mutable std::map<std::string, std::int64_t, std::less<>> live_df_;
  mutable FilterCache filters_;
  mutable std::mutex damage_mutex_;  // Guards these.
  mutable bool was_read_ = false;
  mutable std::shared_ptr<const Generation> whole_;  // Null: nothing is damaged.
};

using Snapshot = std::shared_ptr<const Generation>;

/// Where a key lives.
struct Place {
  std::size_t i_segment = 0;
  std::uint32_t doc = 0;
};

/// Errors: kNotFound; kBadInput where keys are damaged.
Result<Place> find_key(const std::vector<SegmentView>& segments, std::string_view key);

/// A document's fields and what was stored with it. Errors: as find_key; kBadInput where its text
/// is damaged; kIo.
Result<StoredDocument> document_of(const std::vector<SegmentView>& segments, std::string_view key);

/// What was stored with a document. Errors: as find_key; kBadInput where its text is damaged; kIo.
Result<std::string> stored_of(const std::vector<SegmentView>& segments, std::string_view key);

}  // namespace quern::store
