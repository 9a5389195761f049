#include "store/writer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/unix_time.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

// What crashes, failed removals and temporary files left.
void remove_unnamed(FileLayer& files, const std::string& folder, const CatalogState& state) {
  std::set<std::string> named;
  for (const SegmentRow& row : state.segments) {
    for (std::string& name : files_of(row)) named.insert(std::move(name));
  }
  const auto found = list_folder(folder);
  if (!found.ok()) return;
  for (const std::string& name : *found) {
    if (named.contains(name)) continue;
    const Status removed = files.remove(folder + "/" + name);
    if (!removed.ok()) log_warn("a file that no segment needs stays: {}", removed.message());
  }
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const StorePlace& place,
                                             const WriterOptions& options) {
  // The same checks and names as for reading.
  QUERN_ASSIGN(const std::unique_ptr<Store> store, Store::open(place));
  const StorePlace here = store->place();
  if (store->is_packed()) {
    return {Code::kUnsupported,
            fmt::format("'{}' is a packed store: it is only read", here.folder)};
  }
  QUERN_ASSIGN(WriterLock lock, WriterLock::take(lock_path(here.folder), options.who));
  QUERN_ASSIGN(Catalog catalog, Catalog::open(catalog_path(here.folder), Catalog::Access::kWrite));
  QUERN_ASSIGN(SegmentWriter segment_writer, SegmentWriter::create(catalog.schema()));
  // Before any file goes: what a failed commit left in the log must not come back and name it.
  QUERN_TRY(catalog.note_writer(options.who));
  QUERN_ASSIGN(const CatalogState state, catalog.newest());

  std::unique_ptr<Writer> out(
      new Writer(here, std::move(lock), std::move(catalog), std::move(segment_writer)));
  out->options_ = options;
  if (options.ledger != nullptr) {
    QUERN_ASSIGN(out->memory_, options.ledger->reserve(kTenant, options.memory_bytes));
  }
  for (const SegmentRow& row : state.segments) {
    QUERN_ASSIGN(Work work,
                 open_work(segment_folder(here.folder), row, out->catalog_.schema(), state.spaces));
    out->work_.push_back(std::move(work));
  }
  out->generation_ = state.generation;
  out->next_segment_ = state.next_segment;
  out->spaces_ = state.spaces;
  remove_unnamed(*here.files, segment_folder(here.folder), state);
  return out;
}

// Text that is damaged cannot be made again, vectors and graphs can: those are left out, and the
// next commit forgets them.
Result<Writer::Work> Writer::open_work(const std::string& folder, const SegmentRow& row,
                                       const Schema& schema, std::span<const SpaceRow> spaces) {
  Work work;
  SegmentRow text = row;
  text.parts.clear();
  QUERN_ASSIGN(work.view, open_view(folder, text, schema, spaces));
  const auto forget = [&](const PartRow& part, const Status& why) -> Status {
    if (why.code() != Code::kBadInput && why.code() != Code::kNotFound) return why;
    log_warn("to be made again: {}", why.message());
    std::erase(work.view.row.parts, part);
    work.has_new_parts = true;
    return {};
  };
  work.view.row.parts = row.parts;
  QUERN_TRY(open_parts(folder, row, spaces, /*before=*/nullptr, forget, work.view));
  return work;
}

Writer::~Writer() {
  if (!is_changed_) return;
  static_cast<void>(fail({Code::kCancelled, "not committed"}));
}

std::uint64_t Writer::n_live() const {
  std::uint64_t n = segment_writer_.n_docs();
  for (const Work& work : work_) n += work.view.n_live();
  return n;
}

Status Writer::check_usable() const {
  if (!has_failed_) return {};
  return {Code::kUnavailable, "this writer failed before: open another one"};
}

// Nothing of what was not committed stays, unless the commit itself may have happened.
Status Writer::fail(Status status) {
  has_failed_ = true;
  is_changed_ = false;
  if (may_be_committed_) return status;
  for (const Work& work : work_) {
    if (work.is_new) remove_files(files_of(work.view.row));
  }
  return status;
}

void Writer::remove_files(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    // What stays is removed by the next writer.
    static_cast<void>(place_.files->remove(segment_folder(place_.folder) + "/" + name));
  }
}

PartName Writer::next_name() { return name_for(next_segment_++); }

PartName Writer::name_for(SegmentId segment) const {
  return {.segment = segment, .nonce = random_nonce()};
}

Status Writer::put(Document document) {
  QUERN_TRY(check_usable());
  QUERN_TRY(check_document(document, schema()));
  std::optional<OwnedRow> coded;
  if (!document.vector.empty()) {
    QUERN_ASSIGN(coded, code_vector(document).in("document '" + printable_key(document.key) + "'"));
  }
  return put_coded(std::move(document), std::move(coded));
}

Status Writer::put(Document document, OwnedRow vector) {
  QUERN_TRY(check_usable());
  QUERN_TRY(check_document(document, schema()));
  const SpaceRow* space = active_space();
  const std::size_t n_codes =
      space == nullptr ? 0 : static_cast<std::size_t>(kernels::padded_codes(space->space.d));
  if (n_codes == 0 || vector.planes.size() != 2 * n_codes) {
    return {Code::kBadInput,
            fmt::format("document '{}': its vector has {} codes, want {}",
                        printable_key(document.key), vector.planes.size() / 2, n_codes)};
  }
  return put_coded(std::move(document), std::move(vector));
}

Status Writer::put_coded(Document document, std::optional<OwnedRow> coded) {
  QUERN_TRY(make_room(document, coded ? coded->planes.size() : 0));
  segment_writer_.add(std::move(document), std::move(coded));
  is_changed_ = true;
  return {};
}

Status Writer::make_room(const Document& document, std::size_t coded_bytes) {
  std::size_t wanted = segment_writer_.most_bytes(document) + coded_bytes;
  if (segment_writer_.is_full() || segment_writer_.bytes() + wanted > options_.memory_bytes) {
    QUERN_TRY(flush());
    wanted = segment_writer_.most_bytes(document) + coded_bytes;
  }
  if (options_.ledger == nullptr) return {};
  const Status fits = memory_.resize(std::max(options_.memory_bytes, wanted));
  if (fits.ok()) return {};
  return Status(Code::kTooLarge, fits.message())
      .in("document '" + printable_key(document.key) + "'");
}

Result<bool> Writer::erase(std::string_view key) {
  QUERN_TRY(check_usable());
  const Result<bool> erased = erase_in(key);
  if (!erased.ok()) return fail(erased.status());
  return erased;
}

Result<bool> Writer::erase_in(std::string_view key) {
  bool was_there = segment_writer_.erase(key);
  for (Work& work : work_) {
    QUERN_ASSIGN(const KeyColumn* keys, work.view.segment->keys());
    QUERN_ASSIGN(const std::optional<std::uint32_t> doc, keys->find(key));
    if (!doc || !work.view.live->has(*doc)) continue;
    QUERN_TRY(kill(work, *doc));
    was_there = true;
  }
  is_changed_ = is_changed_ || was_there;
  return was_there;
}

Result<std::uint64_t> Writer::erase_parent(std::string_view parent) {
  QUERN_TRY(check_usable());
  const std::unordered_set<std::string> held = segment_writer_.erase_parent(parent);
  std::uint64_t n_erased = held.size();
  for (Work& work : work_) {
    const Status erased = [&]() -> Status {
      QUERN_ASSIGN(const KeyColumn* keys, work.view.segment->keys());
      QUERN_ASSIGN(const KeyColumn::Range range, keys->with_prefix(parent));
      KeyCursor cursor(*keys);
      for (std::uint32_t doc = range.begin; doc < range.end; ++doc) {
        QUERN_TRY(cursor.go_to(doc));
        if (cursor.key().n_parent != parent.size() || !work.view.live->has(doc)) continue;
        QUERN_TRY(kill(work, doc));
        n_erased += held.contains(std::string(cursor.key().bytes)) ? 0 : 1;  // It replaced this.
      }
      return {};
    }();
    if (!erased.ok()) return fail(erased);
  }
  is_changed_ = is_changed_ || n_erased > 0;
  return n_erased;
}

Status Writer::kill(Work& work, std::uint32_t doc) {
  if (work.own_live == nullptr) {
    work.own_live = std::make_shared<Bitmap>(*work.view.live);
    work.view.live = work.own_live;
  }
  work.own_live->clear(doc);
  TombstoneRow& tombstone = work.view.row.tombstone;
  ++tombstone.n_dead;
  for (std::size_t f = 0; f < tombstone.fields.size(); ++f) {
    QUERN_ASSIGN(const FieldLengths* lengths, work.view.segment->lengths(f));
    const std::uint32_t length = lengths->length(doc);
    tombstone.fields[f].n_docs += length > 0 ? 1 : 0;
    tombstone.fields[f].n_tokens += length;
  }
  return {};
}

// Keys ascend, so each column is walked once, in steps that fit the distance.
Status Writer::kill_replaced(const std::vector<std::string_view>& keys) {
  for (Work& work : work_) {
    QUERN_ASSIGN(const KeyColumn* column, work.view.segment->keys());
    KeyCursor cursor(*column);
    for (const std::string_view key : keys) {
      QUERN_ASSIGN(const bool is_there, cursor.seek(key));
      if (!is_there) break;
      if (cursor.key().bytes == key && work.view.live->has(cursor.id())) {
        QUERN_TRY(kill(work, cursor.id()));
      }
    }
  }
  return {};
}

Status Writer::flush() {
  const Status written = write_pending();
  return written.ok() ? written : fail(written);
}

Status Writer::write_pending() {
  if (segment_writer_.n_docs() == 0) {
    segment_writer_.clear();
    return {};
  }
  QUERN_TRY(kill_replaced(segment_writer_.keys()));
  const std::string folder = segment_folder(place_.folder);
  QUERN_ASSIGN(SegmentRow row,
               segment_writer_.finish(*place_.files, folder, next_name(), active_space()));
  row.born = generation_.id + 1;
  Result<SegmentView> view = open_view(folder, row, schema(), spaces_);
  if (!view.ok()) {
    remove_files(files_of(row));
    return view.status();
  }
  work_.push_back({.view = std::move(*view), .own_live = nullptr, .is_new = true});
  return {};
}

Result<GenerationId> Writer::commit() {
  QUERN_TRY(check_usable());
  QUERN_TRY(flush());
  if (!is_changed_) return generation_.id;
  return commit_all({});
}

Result<GenerationId> Writer::commit(const std::function<Status(Sql&)>& change) {
  QUERN_TRY(check_usable());
  QUERN_TRY(flush());
  return commit_all([&](CatalogChange& catalog) { return change(catalog.sql()); });
}

Result<GenerationId> Writer::commit_all(const AlsoChange& also) {
  std::vector<Work> next;
  for (const Work& work : work_) {
    if (work.view.n_live() > 0) next.push_back(work);
  }
  QUERN_TRY(publish(std::move(next), spaces_, also));
  return generation_.id;
}

Status Writer::read_tables(const std::function<Status(Sql&)>& read) {
  QUERN_TRY(check_usable());
  return catalog_.read_tables(read);
}

Status Writer::set_fit(const FitRow& fit) {
  if (fit.name.empty() || fit.name.size() > 64) {
    return {Code::kBadInput,
            fmt::format("a fit's name has {} bytes, want 1 to 64", fit.name.size())};
  }
  if (fit.body.size() > kMaxFitBytes) {
    return {Code::kTooLarge, fmt::format("fit '{}' has {} bytes, want {} at most", fit.name,
                                         fit.body.size(), kMaxFitBytes)};
  }
  QUERN_TRY(commit().status());
  QUERN_ASSIGN(const CatalogState now, catalog_.newest());
  const bool is_there = std::any_of(now.fits.begin(), now.fits.end(),
                                    [&](const FitRow& row) { return row.name == fit.name; });
  if (!is_there && now.fits.size() >= kMaxFits) {
    return {Code::kExhausted, fmt::format("the store has {} fits, more cannot be kept", kMaxFits)};
  }
  return publish(work_, spaces_, [&](CatalogChange& change) { return change.set_fit(fit); });
}

// The generation of `next` becomes the store's. Where it does not, the files that are in it for the
// first time go.
Status Writer::publish(std::vector<Work> next, std::vector<SpaceRow> spaces,
                       const AlsoChange& also) {
  std::vector<SegmentView> views;
  std::set<std::string> needed;
  bool has_new = false;
  for (Work& work : next) {
    if (work.own_live != nullptr) {
      Bitmap dead = Bitmap::all(work.view.row.identity.n_docs);
      dead.subtract(*work.own_live);
      ++work.view.row.tombstone.version;
      work.view.row.tombstone.bitmap = bytes_from_bitmap(dead);
    }
    has_new = has_new || work.is_new || work.has_new_parts;
    for (std::string& name : files_of(work.view.row)) needed.insert(std::move(name));
    views.push_back(work.view);
  }
  std::vector<std::string> gone;
  for (const Work& before : work_) {
    for (std::string& name : files_of(before.view.row)) {
      if (!needed.contains(name)) gone.push_back(std::move(name));
    }
  }
  const auto stays = [&](const Work& before) {
    return std::any_of(next.begin(), next.end(), [&](const Work& work) {
      return work.view.row.identity == before.view.row.identity;
    });
  };
  GenerationRow row{.id = generation_.id + 1,
                    .at_ms = unix_ms_now(),
                    .writer = options_.who,
                    .n_live = live_docs(views),
                    .fields = live_stats(views, schema().fields.size())};
  const Status committed = [&]() -> Status {
    // Names before the rows that say them.
    if (has_new) QUERN_TRY(place_.files->sync_folder(segment_folder(place_.folder)));
    QUERN_ASSIGN(CatalogChange change, CatalogChange::begin(catalog_));
    for (const Work& before : work_) {
      if (stays(before) || before.is_new) continue;
      QUERN_TRY(change.remove_segment(before.view.row.identity.segment));
    }
    if (spaces != spaces_) QUERN_TRY(change.set_spaces(spaces));
    for (const Work& work : next) {
      const SegmentRow& segment = work.view.row;
      if (work.is_new) {
        QUERN_TRY(change.add_segment(segment));
        continue;
      }
      const SegmentId id = segment.identity.segment;
      if (work.own_live != nullptr) QUERN_TRY(change.set_tombstone(id, segment.tombstone));
      if (work.has_new_parts) QUERN_TRY(change.set_parts(id, segment.parts));
    }
    if (also) QUERN_TRY(also(change));
    may_be_committed_ = true;
    return change.commit(row, next_segment_);
  }();
  if (!committed.ok()) {
    // Those of work_ that are new go in fail().
    for (const Work& before : work_) {
      for (const std::string& name : files_of(before.view.row)) needed.erase(name);
    }
    if (!may_be_committed_) remove_files({needed.begin(), needed.end()});
    return fail(committed);
  }
  may_be_committed_ = false;
  generation_ = std::move(row);
  for (Work& work : next) {
    work.own_live = nullptr;
    work.is_new = false;
    work.has_new_parts = false;
  }
  work_ = std::move(next);
  spaces_ = std::move(spaces);
  is_changed_ = false;
  remove_files(gone);
  return {};
}

}  // namespace quern::store
