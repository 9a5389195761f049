#include "store/store.h"

#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "store/pack/pack_file.h"

namespace quern::store {
namespace {

constexpr int kMaxAttempts = 8;
constexpr const char* kUnfinished = ".tmp-";  // And a number in as many digits.
constexpr std::size_t kNonceDigits = 16;

bool exists(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0;
}

std::string without_last_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// What an attempt that failed left: nobody else knows of the folder.
void remove_unfinished(FileLayer& files, const std::string& folder) {
  for (const char* name : {"catalog.db", "catalog.db-wal", "catalog.db-shm"}) {
    static_cast<void>(files.remove(folder + "/" + name));
  }
  ::rmdir(segment_folder(folder).c_str());
  ::rmdir(folder.c_str());
}

// What attempts of processes that died left. One that is going on takes seconds.
void remove_abandoned(FileLayer& files, const std::string& folder) {
  constexpr std::time_t kSurelyOverS = 600;
  const std::string parent = parent_of(folder);
  const std::string prefix = folder.substr(folder.find_last_of('/') + 1) + kUnfinished;
  const auto names = list_folder(parent);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const std::string path = parent + "/" + name;
    struct stat info{};
    if (name.size() == prefix.size() + kNonceDigits && name.starts_with(prefix) &&
        name.find_first_not_of("0123456789abcdef", prefix.size()) == name.npos &&
        ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
        std::time(nullptr) - info.st_mtime > kSurelyOverS) {
      remove_unfinished(files, path);
    }
  }
}

Status build(FileLayer& files, const std::string& folder, const Schema& schema,
             std::string_view made_by, const std::optional<VectorSpace>& space) {
  QUERN_TRY(files.make_folder(segment_folder(folder)));
  QUERN_TRY(Catalog::create(catalog_path(folder), schema, made_by, space));
  // SQLite syncs a folder for its logs, but not for a new main file.
  return files.sync_folder(folder);
}

// Want of descriptors or memory passes, and so may an error of reading: it is told, not kept.
bool is_damage(Code code, Missing missing) {
  return code == Code::kBadInput || code == Code::kUnsupported ||
         (code == Code::kNotFound && missing == Missing::kIsDamage);
}

// A segment without its vectors; what is open of it is taken from there.
Result<SegmentView> open_text(const PartPlaces& places, const SegmentRow& row, const Schema& schema,
                              const SegmentView* before) {
  if (before == nullptr) {
    QUERN_ASSIGN(std::shared_ptr<const Segment> segment, Segment::open(places, row, schema));
    return view_of(std::move(segment), row);
  }
  if (before->row.tombstone.version != row.tombstone.version) return view_of(before->segment, row);
  return SegmentView{.row = row, .segment = before->segment, .live = before->live};
}

}  // namespace

std::string catalog_path(const std::string& folder) { return folder + "/catalog.db"; }
std::string segment_folder(const std::string& folder) { return folder + "/seg"; }
std::string lock_path(const std::string& folder) { return folder + "/LOCK"; }

Status create_store(const StorePlace& place, const Schema& schema, std::string_view made_by,
                    const std::optional<VectorSpace>& space) {
  QUERN_TRY(check_schema(schema));
  if (space) QUERN_TRY(check_space(*space));
  const std::string folder = without_last_slash(place.folder);
  const auto is_taken = [&] {
    return Status(Code::kUnavailable, fmt::format("'{}' is there already", folder));
  };
  if (exists(folder)) return is_taken();
  FileLayer& files = *place.files;
  remove_abandoned(files, folder);
  const std::string unfinished =
      fmt::format("{}{}{:0{}x}", folder, kUnfinished, random_nonce(), kNonceDigits);
  QUERN_TRY(files.make_folder(unfinished));
  Status built = build(files, unfinished, schema, made_by, space);
  // Renaming over an empty folder would succeed: whoever made it meanwhile keeps it.
  if (built.ok() && exists(folder)) built = is_taken();
  if (built.ok()) {
    built = files.rename(unfinished, folder);
    if (built.ok()) {
      const Status synced = files.sync_folder(parent_of(folder));
      if (synced.ok()) return {};
      // An error says that there is no store. Where even this fails, its message says what failed.
      built = files.rename(folder, unfinished).ok() ? synced : synced.in("the store is there");
    }
  }
  remove_unfinished(files, unfinished);
  return built;
}

Result<std::unique_ptr<Store>> Store::open(const StorePlace& place) {
  StorePlace here = place;
  here.folder = without_last_slash(here.folder);
  if (is_pack(here.folder)) {
    QUERN_ASSIGN(const PackFile pack, PackFile::open(here.folder));
    Reservation memory;
    if (here.ledger != nullptr) {
      QUERN_ASSIGN(memory, here.ledger->reserve(kTenant, pack.catalog_bytes()));
    }
    QUERN_ASSIGN(std::string image, pack.catalog_image());
    QUERN_ASSIGN(Catalog catalog, Catalog::open_image(std::move(image), here.folder));
    return std::unique_ptr<Store>(new Store(std::move(here), std::move(catalog), pack.parts(),
                                            /*is_packed=*/true, std::move(memory)));
  }
  if (!exists(catalog_path(here.folder))) {
    return {Code::kNotFound, fmt::format("'{}' is no store: it has no catalog", here.folder)};
  }
  QUERN_ASSIGN(Catalog catalog, Catalog::open(catalog_path(here.folder), Catalog::Access::kRead));
  PartPlaces parts(segment_folder(here.folder));
  return std::unique_ptr<Store>(
      new Store(std::move(here), std::move(catalog), std::move(parts), /*is_packed=*/false));
}

Result<CatalogState> Store::check_catalog() {
  const std::lock_guard<std::mutex> lock(mutex_);
  QUERN_TRY(catalog_.check());
  return catalog_.newest();
}

Status Store::read_tables(const std::function<Status(Sql&)>& read) {
  const std::lock_guard lock(mutex_);
  return catalog_.read_tables(read);
}

Result<Snapshot> Store::snapshot() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (newest_ != nullptr) {
    QUERN_ASSIGN(const GenerationId id, catalog_.newest_id());
    if (newest_->id() == id) return newest_;
  }
  for (int attempt = 0;; ++attempt) {
    QUERN_ASSIGN(const CatalogState state, catalog_.newest());
    // A file may go between the reading of the catalog and its own, by a commit; one that is still
    // gone then is lost.
    const Missing missing = attempt < kMaxAttempts ? Missing::kIsAnError : Missing::kIsDamage;
    Result<Snapshot> opened =
        open_generation(parts_, state, schema_, newest_, missing, place_.ledger);
    if (opened.status().code() == Code::kNotFound) continue;
    QUERN_ASSIGN(newest_, std::move(opened));
    return newest_;
  }
}

Result<Snapshot> open_generation(const PartPlaces& places, const CatalogState& state,
                                 const Schema& schema, const Snapshot& known, Missing missing,
                                 ByteLedger* ledger) {
  std::vector<SegmentView> views;
  std::vector<Status> damaged;
  for (const SegmentRow& row : state.segments) {
    const SegmentView* before = nullptr;
    for (std::size_t i = 0; known != nullptr && i < known->segments().size(); ++i) {
      const SegmentView& view = known->segments()[i];
      if (view.row.identity == row.identity) before = &view;
    }
    Result<SegmentView> view = open_text(places, row, schema, before);
    if (!view.ok()) {
      if (!is_damage(view.status().code(), missing)) return view.status();
      damaged.push_back(view.status());
      continue;
    }
    const auto note = [&](const PartRow&, const Status& why) -> Status {
      if (!is_damage(why.code(), missing)) return why;
      damaged.push_back(why);
      return {};
    };
    QUERN_TRY(open_parts(places, row, state.spaces, before, note, *view));
    views.push_back(std::move(*view));
  }
  return Snapshot(std::make_shared<const Generation>(state.generation, state.spaces, state.fits,
                                                     std::move(views), std::move(damaged), ledger));
}

}  // namespace quern::store
