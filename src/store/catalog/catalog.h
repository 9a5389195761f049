// The one mutable file of a store: which segments there are, who of their documents is dead, and
// the statistics of those that live. A commit of the store is a commit of this file.
// docs/format_store.md has the tables.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/sql.h"
#include "base/status.h"
#include "store/catalog/catalog_rows.h"
#include "store/schema.h"

namespace quern::store {

inline constexpr std::int64_t kCatalogVersion = 3;

/// Formats 1, without vector spaces, and 2, whose spaces do not say what becomes of long texts, are
/// read as they are, and become format 3 where they are opened for writing. Threads: an object per
/// thread. Errors of all: kBadInput where the file is damaged, kUnavailable where another process
/// holds it for long, kIo.
class Catalog {
 public:
  enum class Access { kRead, kWrite };

  /// Makes a new file of generation 0 and closes it: no log stays beside it. With `space` it has
  /// one, which is active.
  static Status create(const std::string& path, const Schema& schema, std::string_view made_by,
                       const std::optional<VectorSpace>& space = {});

  /// Errors: kNotFound; kUnsupported for a newer version, with both numbers.
  static Result<Catalog> open(const std::string& path, Access access);

  /// Of a packed store: only for reading. `where` is for messages. Errors: as open.
  static Result<Catalog> open_image(std::string image, const std::string& where);

  /// All of it as one database of its own, as it is now. `aside` is where a file may lie meanwhile.
  /// Errors: kIo; kTooLarge above limit_bytes.
  Result<std::string> image(const std::string& aside, std::size_t limit_bytes);

  /// Of image(), at most. Errors: kIo.
  Result<std::size_t> image_bytes();

  const Schema& schema() const { return schema_; }

  /// Of the newest generation, without reading more. Errors: kBadInput where there is none.
  Result<GenerationId> newest_id();

  /// The newest generation, of one moment.
  Result<CatalogState> newest();

  /// Notes who writes from now on, as a commit of its own. That also overwrites what a commit whose
  /// sync failed may have left in the log: until then a power cut could bring it back.
  Status note_writer(std::string_view who);

  /// Reads tables of an application, of one moment. Errors: also those of `read`.
  Status read_tables(const std::function<Status(Sql&)>& read);

  /// Pages are right, tables have what they must. Reads all of it.
  Status check();

  /// Gives unused pages back to the disk.
  Status vacuum();

 private:
  friend class CatalogChange;
  Status read_schema();

  std::string path_;
  Sql sql_;
  Schema schema_;
};

/// One commit: everything or nothing. The catalog outlives it.
class CatalogChange {
 public:
  static Result<CatalogChange> begin(Catalog& catalog);

  Status add_segment(const SegmentRow& row);
  Status remove_segment(SegmentId id);
  Status set_parts(SegmentId id, std::span<const PartRow> parts);
  Status set_spaces(std::span<const SpaceRow> spaces);
  Status set_fit(const FitRow& row);

  /// For tables of an application.
  Sql& sql() { return catalog_->sql_; }

  Status set_tombstone(SegmentId id, const TombstoneRow& row);

  /// The commit itself: on the disk when this returns. After an error it is not known whether it
  /// took place: the catalog must be opened anew, and no file that it names may go before.
  Status commit(const GenerationRow& generation, SegmentId next_segment);

 private:
  CatalogChange(Catalog& catalog, SqlTransaction transaction)
      : catalog_(&catalog), transaction_(std::move(transaction)) {}
  Catalog* catalog_;
  SqlTransaction transaction_;
};

}  // namespace quern::store
