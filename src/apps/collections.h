// The collections of a home: stores under names, in a folder of theirs.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/collection.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxCollections = 1024;

/// What a new collection is to be.
struct CollectionWish {
  store::Schema schema;
  std::optional<EmbedderWish> model = {};
  int d_given = 0;  // Vectors are brought along, of so many numbers; 0: they are not.
  store::Metric metric = store::Metric::kCosine;  // Of those.
};

/// [a-z0-9][a-z0-9_-]*, at most 64: never a path. Errors: kBadInput.
Status check_collection_name(const std::string& name);

/// Threads: any.
class Collections {
 public:
  /// `folder` is made when the first one is.
  Collections(CollectionParts parts, std::string folder)
      : parts_(std::move(parts)), folder_(std::move(folder)) {}

  /// Sorted. Errors: kIo.
  Result<std::vector<std::string>> names() const;

  /// Null where there is one of this name already. Errors: kBadInput for name, schema or model;
  /// kExhausted above kMaxCollections; kIo; as TextEmbedder::open.
  Result<std::shared_ptr<Collection>> create(const std::string& name, const CollectionWish& wish);

  /// Opened once. Errors: kNotFound, kBadInput for the name; as Collection::open.
  Result<std::shared_ptr<Collection>> find(const std::string& name);

  /// How right the graphs of those that are open are, by name.
  std::map<std::string, store::RecallCounts> recalls();

  /// Once nobody writes to it; who searches it just now still does. Errors: as find; kUnavailable
  /// naming who writes; kIo.
  Status remove(const std::string& name);

 private:
  Status move_away(const std::string& name);
  Status put_away(const std::string& name);
  void note_open(const std::string& name, const std::shared_ptr<Collection>& collection);
  std::string folder_of(const std::string& name) const { return folder_ + "/" + name; }

  const CollectionParts parts_;
  const std::string folder_;
  std::mutex mutex_;       // Guards these, and changes of the folder: held while the disk is waited
                           // for.
  std::mutex open_mutex_;  // Taken after it to change open_, alone to list it.
  std::map<std::string, std::shared_ptr<Collection>> open_;
  std::set<std::string> leaving_;  // Being removed: not to be opened any more.
};

}  // namespace quern::apps
