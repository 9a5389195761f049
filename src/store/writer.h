// Whoever changes a store: puts and erases documents, makes that a new generation by a commit, and
// merges segments. One at a time.
//
// A commit: segments are written aside, synced and renamed; their folder is synced; then the
// catalog's transaction names them, and that is the commit. What no row names any more is removed
// after it. So every crash leaves the state before or after, and files that the next writer
// removes.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_ledger.h"
#include "base/pace.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "store/catalog/catalog.h"
#include "store/catalog/generation.h"
#include "store/catalog/writer_lock.h"
#include "store/segment/merge.h"
#include "store/segment/segment_writer.h"
#include "store/store.h"
#include "store/vector/search_plan.h"

namespace quern::store {

struct WriterOptions {
  std::string who;                                   // For people: the command.
  ByteLedger* ledger = nullptr;                      // Null: memory is not booked.
  std::size_t memory_bytes = std::size_t{64} << 20;  // Documents held before they are written.
  ThreadPool* pool = nullptr;                        // That builds graphs; null: one thread.
  std::uint32_t graph_from = kGraphFrom;             // Vectors of a segment that gets a graph.
};

/// Threads: of one. After an error it does nothing any more, what was not committed is gone, and
/// another writer must be opened; except after a document that put refuses, and a merge that was
/// damaged or cancelled.
class Writer {
 public:
  static constexpr const char* kTenant = "store/writer";
  static constexpr const char* kMergeTenant = "store/merge";
  static constexpr const char* kGraphTenant = "store/graph";
  static constexpr const char* kVectorsTenant = "store/vectors";
  static constexpr const char* kPackTenant = "store/pack";

  /// Takes the lock, reads the newest generation and removes files that it does not name.
  /// Vectors and graphs that are damaged or gone count as none from the next commit on: they can be
  /// made again. Errors: kUnavailable naming who writes; kBadInput where a segment's text is
  /// damaged,
  ///   kNotFound where it is gone: such a store is only read; kExhausted for the memory.
  static Result<std::unique_ptr<Writer>> open(const StorePlace& place,
                                              const WriterOptions& options);

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();  // What was not committed is gone.

  const Schema& schema() const { return catalog_.schema(); }
  const std::string& folder() const { return place_.folder; }

  /// The newest one: as it was found, then that of the last commit.
  GenerationId generation() const { return generation_.id; }

  /// Documents, with what is not committed yet; one that replaces another may count twice till
  /// then.
  std::uint64_t n_live() const;

  /// Those of the generation, and what is written for the next.
  std::size_t n_segments() const { return work_.size(); }

  /// Adds a document, or replaces the one of its key, with its vector. Errors: kBadInput, kTooLarge
  /// for the document, with nothing changed; kIo.
  Status put(Document document);

  /// The same with a vector of the active space that is coded already, in place of the document's
  /// own. Errors: also kBadInput for its width.
  Status put(Document document, OwnedRow vector);

  /// False where there is none of this key. Errors: kBadInput for damaged keys, kIo.
  Result<bool> erase(std::string_view key);

  /// Erases those whose parent it is; how many there were. Errors: as erase.
  Result<std::uint64_t> erase_parent(std::string_view parent);

  /// The vector spaces that there are.
  const std::vector<SpaceRow>& spaces() const { return spaces_; }
  const SpaceRow* active_space() const { return active_of(spaces_); }  // Null: none.

  /// The segments; to be asked after a commit, for what is not committed shows in part.
  std::vector<SegmentView> segments() const;

  /// Commits, and makes a vector space, which is a commit of its own: the first one is active,
  /// others are filled beside it. One of this fingerprint that is there is taken, and gets the
  /// model's name. Errors: kBadInput for the space, or where the one that is there is another;
  /// kExhausted above kMaxSpaces; kIo.
  Result<SpaceId> add_space(const VectorSpace& space);

  enum class Coverage {
    kNoLess,  // As many documents have a vector there as in the space that is searched now.
    kAny,
  };

  /// Commits, and makes a space the one that is searched, a commit of its own; the vectors of all
  /// others go. Errors: kNotFound; kUnavailable with both numbers where too few documents have a
  /// vector there; kIo.
  Status activate_space(SpaceId space, Coverage coverage = Coverage::kNoLess);

  /// Asked in order for each living document without a vector, or whose segment's vectors turn out
  /// to be damaged; what it gives is read before the next call. Nothing: it stays without one.
  using VectorFor =
      std::function<Result<std::optional<CodedRow>>(std::uint32_t doc, std::string_view key)>;

  /// Commits, and gives documents of a segment the vectors of a space, a commit of its own. How
  /// many got one. Errors: kNotFound for segment or space; those of vector_for: nothing changed;
  /// kBadInput for damage; kIo.
  Result<std::uint32_t> attach_vectors(SegmentId segment, SpaceId space,
                                       const VectorFor& vector_for);

  /// Commits, and keeps what was learnt in the place of what has its name, a commit of its own.
  /// Errors: kBadInput for a name that is empty or above 64 bytes, kTooLarge above kMaxFitBytes,
  /// kExhausted for one more than kMaxFits; kIo.
  Status set_fit(const FitRow& fit);

  /// What was put and erased is on the disk when this returns, all of it; the generation that has
  /// it. Errors: kIo: then nothing of it took place, or all did and the next opening shows it.
  Result<GenerationId> commit();

  /// The same, with an application's own tables (their names begin with its own and "_") changed
  /// in the same commit, which takes place even where no document changed. Errors: also those of
  /// `change`: then nothing took place.
  Result<GenerationId> commit(const std::function<Status(Sql&)>& change);

  /// Reads an application's own tables, as of the last commit. Errors: those of `read`.
  Status read_tables(const std::function<Status(Sql&)>& read);

  /// Commits, and does the next merge that is due; false where none is. Errors: as maintain.
  Result<bool> merge(Pace& pace);

  /// Commits, and does the next merge that is due, or else builds the next graph that is missing.
  /// False where there was none of either. Errors: kCancelled; kExhausted for the memory: the
  /// segments stay as they are; kBadInput for one that is damaged, which no later merge takes.
  Result<bool> maintain(Pace& pace);

  /// Commits, and writes the store as it is into one file, which is only read. Errors: kUnavailable
  /// where something is there already; kExhausted naming the disk space wanted and free; kBadInput
  /// naming what is damaged; kIo; kCancelled: nothing is there then.
  Status pack(const std::string& path, Pace& pace);

  /// Commits, writes all live documents into as few segments as can be, in order, and builds their
  /// graphs. The same documents then have the same bytes, however they came. Where the memory of a
  /// graph is refused, it is left for later. Errors: kExhausted naming the memory or
  /// the disk space wanted and free; kCancelled.
  Status compact(Pace& pace);

 private:
  /// A segment of the generation in the making.
  struct Work {
    SegmentView view;
    std::shared_ptr<Bitmap> own_live;  // view.live, where it was copied to be changed.
    bool is_new = false;               // The catalog does not name it yet.
    bool has_new_parts = false;        // Of a segment that it names.
  };

  Writer(StorePlace place, WriterLock lock, Catalog catalog, SegmentWriter segment_writer)
      : place_(std::move(place)),
        lock_(std::move(lock)),
        catalog_(std::move(catalog)),
        segment_writer_(std::move(segment_writer)) {}

  static Result<Work> open_work(const std::string& folder, const SegmentRow& row,
                                const Schema& schema, std::span<const SpaceRow> spaces);
  Status check_usable() const;
  Status fail(Status status);
  Status put_coded(Document document, std::optional<OwnedRow> coded);
  Status make_room(const Document& document, std::size_t coded_bytes);
  Status flush();
  Status write_pending();
  Status kill(Work& work, std::uint32_t doc);
  Status kill_replaced(const std::vector<std::string_view>& keys);
  Result<bool> erase_in(std::string_view key);
  using AlsoChange = std::function<Status(CatalogChange&)>;
  Result<GenerationId> commit_all(const AlsoChange& also);
  Status publish(std::vector<Work> next, std::vector<SpaceRow> spaces, const AlsoChange& also = {});
  const SpaceRow* find_space(SpaceId space) const;
  Status rename_model(SpaceId space, const std::string& model);
  Result<OwnedRow> code_vector(const Document& document) const;
  Result<Reservation> book(const char* tenant, std::size_t n_bytes);
  Status replace(const std::vector<std::size_t>& inputs, std::span<const MergeDoc> order,
                 Pace& pace);
  Result<bool> add_graph(Pace& pace);
  void note_damage(const std::vector<SegmentView>& inputs);
  PartName next_name();
  PartName name_for(SegmentId segment) const;
  void remove_files(const std::vector<std::string>& names);

  const StorePlace place_;
  WriterLock lock_;
  Catalog catalog_;
  SegmentWriter segment_writer_;
  WriterOptions options_;
  Reservation memory_;
  GenerationRow generation_;
  SegmentId next_segment_ = 1;
  std::vector<SpaceRow> spaces_;
  std::vector<Work> work_;       // By id.
  std::set<SegmentId> damaged_;  // Merges leave them as they are.
  bool is_changed_ = false;
  bool has_failed_ = false;
  bool may_be_committed_ = false;  // A commit failed at its end: no file of it may go.
};

}  // namespace quern::store
