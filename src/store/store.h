// A store: text that is searched, in one folder, whole after every crash. Any number may read; one
// writes (writer.h). docs/format_store.md.
//
//   NAME/catalog.db   which segments there are (catalog/catalog.h): the only file that changes
//   NAME/seg/         the segments, each written once
//   NAME/LOCK         held by whoever writes

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_ledger.h"
#include "base/file_layer.h"
#include "base/status.h"
#include "store/catalog/catalog.h"
#include "store/catalog/generation.h"
#include "store/schema.h"

namespace quern::store {

struct StorePlace {
  std::string folder;  // Or a packed store's file, which is only read.
  FileLayer* files = &real_files();
  ByteLedger* ledger = nullptr;  // Of what snapshots remember; outlives store and snapshots.
};

std::string catalog_path(const std::string& folder);
std::string segment_folder(const std::string& folder);
std::string lock_path(const std::string& folder);

/// Makes an empty store, all of it or nothing: it is built beside its place and renamed. With
/// `space` its vectors are those of one. Errors: kUnavailable where something is there already;
/// kBadInput for schema or space; kIo.
Status create_store(const StorePlace& place, const Schema& schema, std::string_view made_by,
                    const std::optional<VectorSpace>& space = {});

/// A store as it is read, in its folder or packed. Threads: any.
class Store {
 public:
  static constexpr const char* kTenant = "store/catalog";  // Of packed ones: they are held.

  /// Errors: kNotFound; kUnsupported for a newer version; kBadInput where the catalog is damaged;
  /// kExhausted for the memory of a packed one's.
  static Result<std::unique_ptr<Store>> open(const StorePlace& place);

  const Schema& schema() const { return schema_; }
  const StorePlace& place() const { return place_; }
  bool is_packed() const { return is_packed_; }

  /// SQLite's own check of all of the catalog, and what it says. Errors: kBadInput for damage, kIo.
  Result<CatalogState> check_catalog();

  /// Reads an application's own tables (Writer::commit). Errors: those of `read`.
  Status read_tables(const std::function<Status(Sql&)>& read);

  /// The newest state. Segments that are damaged are left out and named in it; those that the last
  /// snapshot had are not opened again. Errors: kBadInput where the catalog is damaged; kIo.
  Result<Snapshot> snapshot();

 private:
  Store(StorePlace place, Catalog catalog, PartPlaces parts, bool is_packed, Reservation image = {})
      : place_(std::move(place)),
        schema_(catalog.schema()),
        parts_(std::move(parts)),
        is_packed_(is_packed),
        image_(std::move(image)),
        catalog_(std::move(catalog)) {}

  const StorePlace place_;
  const Schema schema_;
  const PartPlaces parts_;
  const bool is_packed_;
  const Reservation image_;
  std::mutex mutex_;  // Guards these.
  Catalog catalog_;
  Snapshot newest_;
};

enum class Missing {
  kIsAnError,  // kNotFound: somebody may have committed meanwhile.
  kIsDamage,   // Left out and named.
};

/// Opens what a state of the catalog names; what is open in `known` is taken from there. Segments
/// that are damaged are left out and named. Errors: kNotFound by `missing`.
Result<Snapshot> open_generation(const PartPlaces& places, const CatalogState& state,
                                 const Schema& schema, const Snapshot& known, Missing missing,
                                 ByteLedger* ledger = nullptr);

}  // namespace quern::store
