#include "apps/collections.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "apps/store_model.h"
#include "base/file_layer.h"
#include "base/log.h"
#include "store/catalog/writer_lock.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameBytes = 64;
constexpr const char* kMadeBy = "quern serve";

/// Of the vectors; nothing where there are to be none.
Result<std::optional<store::VectorSpace>> space_for(engine::Engine& engine,
                                                    const CollectionWish& wish) {
  if (wish.model) {
    QUERN_ASSIGN(const TextEmbedder embedder, TextEmbedder::open(engine, *wish.model));
    QUERN_ASSIGN(store::VectorSpace space, space_of(embedder, wish.model->model));
    return std::optional(std::move(space));
  }
  if (wish.d_given == 0) return std::optional<store::VectorSpace>();
  QUERN_ASSIGN(store::VectorSpace space, space_of_given(wish.d_given, wish.metric));
  return std::optional(std::move(space));
}

}  // namespace

Status check_collection_name(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const bool is_good = !name.empty() && name.size() <= kMaxNameBytes &&
                       kLetters.find(name[0]) != std::string_view::npos &&
                       name.find_first_not_of(std::string(kLetters) + "_-") == std::string::npos;
  if (is_good) return {};
  return {Code::kBadInput,
          fmt::format("'{}' is no name for a collection: want a-z, 0-9, - and _, at most {}, a "
                      "letter or digit first",
                      store::printable_key(name), kMaxNameBytes)};
}

Result<std::vector<std::string>> Collections::names() const {
  Result<std::vector<std::string>> all = list_folder(folder_);
  if (!all.ok() && all.status().code() == Code::kNotFound) return std::vector<std::string>();
  QUERN_TRY(all.status());
  std::vector<std::string> out;
  for (std::string& name : *all) {
    if (!check_collection_name(name).ok()) continue;  // One that is being made or removed, too.
    if (fs::exists(store::catalog_path(folder_of(name)))) out.push_back(std::move(name));
  }
  return out;
}

Result<std::shared_ptr<Collection>> Collections::create(const std::string& name,
                                                        const CollectionWish& wish) {
  QUERN_TRY(check_collection_name(name));
  QUERN_TRY(store::check_schema(wish.schema));
  QUERN_ASSIGN(const std::optional<store::VectorSpace> space, space_for(*parts_.engine, wish));
  const std::lock_guard lock(mutex_);
  QUERN_ASSIGN(const std::vector<std::string> there, names());
  if (there.size() >= kMaxCollections) {
    return {Code::kExhausted, fmt::format("there are {} collections already", there.size())};
  }
  if (fs::exists(folder_of(name))) return std::shared_ptr<Collection>();
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return {Code::kIo, fmt::format("cannot make '{}': {}", folder_, error.message())};
  const Status made = store::create_store({.folder = folder_of(name)}, wish.schema, kMadeBy, space);
  // Of another process, meanwhile.
  if (made.code() == Code::kUnavailable && fs::exists(folder_of(name))) {
    return std::shared_ptr<Collection>();
  }
  QUERN_TRY(made);
  Result<std::shared_ptr<Collection>> collection = Collection::open(parts_, name, folder_of(name));
  // An error says that there is none. Nobody has written to it yet.
  if (!collection.ok()) {
    static_cast<void>(put_away(name));
    return collection;
  }
  note_open(name, *collection);
  return collection;
}

Result<std::shared_ptr<Collection>> Collections::find(const std::string& name) {
  QUERN_TRY(check_collection_name(name));
  const std::lock_guard lock(mutex_);
  if (leaving_.contains(name)) {
    return {Code::kUnavailable, fmt::format("collection '{}' is being removed", name)};
  }
  const auto found = open_.find(name);
  if (found != open_.end()) return found->second;
  Result<std::shared_ptr<Collection>> opened = Collection::open(parts_, name, folder_of(name));
  if (!opened.ok() && opened.status().code() == Code::kNotFound) {
    return {Code::kNotFound, fmt::format("no collection is named '{}'", name)};
  }
  QUERN_TRY(opened.status());
  note_open(name, *opened);
  return *opened;
}

std::map<std::string, store::RecallCounts> Collections::recalls() {
  const std::lock_guard lock(open_mutex_);
  std::map<std::string, store::RecallCounts> out;
  for (const auto& [name, collection] : open_) out[name] = collection->recall();
  return out;
}

// Null: it is not open any more.
void Collections::note_open(const std::string& name,
                            const std::shared_ptr<Collection>& collection) {
  const std::lock_guard lock(open_mutex_);
  if (collection == nullptr) {
    open_.erase(name);
  } else {
    open_[name] = collection;
  }
}

Status Collections::remove(const std::string& name) {
  QUERN_ASSIGN(const std::shared_ptr<Collection> collection, find(name));
  {
    const std::lock_guard lock(mutex_);
    note_open(name, nullptr);
    leaving_.insert(name);
  }
  collection->close();  // Waits for its write: nobody else does.
  const Status moved = move_away(name);
  const std::lock_guard lock(mutex_);
  leaving_.erase(name);
  return moved;
}

Status Collections::move_away(const std::string& name) {
  // Of whoever writes from outside this process.
  QUERN_ASSIGN(const store::WriterLock held,
               store::WriterLock::take(store::lock_path(folder_of(name)), "quern serve: remove"));
  return put_away(name);
}

// Out of sight first: what a crash leaves is no collection.
Status Collections::put_away(const std::string& name) {
  const std::string aside = folder_ + "/." + name + ".removed";
  std::error_code error;
  fs::remove_all(aside, error);
  QUERN_TRY(real_files().rename(folder_of(name), aside));
  QUERN_TRY(real_files().sync_folder(folder_));
  fs::remove_all(aside, error);
  if (error) log_warn("cannot remove '{}': {}", aside, error.message());
  return {};
}

}  // namespace quern::apps
