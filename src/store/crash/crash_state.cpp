#include "store/crash/crash_state.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "base/check.h"

namespace quern::store {
namespace {

namespace fs = std::filesystem;
using Kind = DiskOperation::Kind;

/// A file or folder, whatever its name is.
struct Node {
  bool is_folder = false;
  // File: bytes that are safe, and what was done since.
  std::string safe;
  std::vector<const DiskOperation*> pending;
  // Folder: names as the run sees them, those that are safe, and changes since.
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  struct Change {
    std::string from;  // "": a new name
    std::string to;    // "": a removal
    std::shared_ptr<Node> node;
  };
  Names now;
  Names safe_names;
  std::vector<Change> changes;
};

void make_change(const Node::Change& change, Node::Names& names) {
  if (!change.from.empty()) names.erase(change.from);
  if (!change.to.empty()) names[change.to] = change.node;
}

void write_into(std::string& content, std::uint64_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
  content.replace(offset, bytes.size(), bytes);
}

void carry_out(const DiskOperation& operation, std::string& content) {
  if (operation.kind == Kind::kTruncate) {
    content.resize(operation.offset, '\0');
  } else {
    write_into(content, operation.offset, operation.bytes);
  }
}

// Some sectors of a write, of 512 bytes or of pages.
void carry_out_torn(const DiskOperation& operation, std::mt19937& random, std::string& content) {
  if (operation.kind == Kind::kTruncate) return;
  const std::uint64_t sector = random() % 2 == 0 ? 512 : 4096;
  const std::string_view bytes = operation.bytes;
  const std::uint64_t end = operation.offset + bytes.size();
  for (std::uint64_t at = operation.offset; at < end;) {
    const std::uint64_t next = std::min(end, (at / sector + 1) * sector);
    if (random() % 2 == 0) {
      write_into(content, at, bytes.substr(at - operation.offset, next - at));
    }
    at = next;
  }
}

class Disk {
 public:
  Disk(const std::string& root, const fs::path& target) : root_(root), target_(target) {
    top_->is_folder = true;
  }

  void run(const DiskOperation& operation) {
    if (operation.kind == Kind::kNothing) return;
    const auto [folder, name] = place_of(operation.path);
    switch (operation.kind) {
      case Kind::kCreate:
      case Kind::kMakeFolder: {
        auto node = std::make_shared<Node>();
        node->is_folder = operation.kind == Kind::kMakeFolder;
        change(*folder, {.from = "", .to = name, .node = node});
        break;
      }
      case Kind::kWrite:
      case Kind::kTruncate:
        folder->now.at(name)->pending.push_back(&operation);
        break;
      case Kind::kSync: {
        Node& node = *folder->now.at(name);
        for (const DiskOperation* pending : node.pending) carry_out(*pending, node.safe);
        node.pending.clear();
        break;
      }
      case Kind::kRename: {
        const auto [to_folder, to_name] = place_of(operation.to);
        QUERN_CHECK(to_folder == folder);
        change(*folder, {.from = name, .to = to_name, .node = folder->now.at(name)});
        break;
      }
      case Kind::kRemove:
        change(*folder, {.from = name, .to = "", .node = nullptr});
        break;
      case Kind::kSyncFolder: {
        Node& node = operation.path == root_ ? *top_ : *folder->now.at(name);
        for (const Node::Change& pending : node.changes) make_change(pending, node.safe_names);
        node.changes.clear();
        break;
      }
      case Kind::kNothing:
        break;
    }
  }

  void cut(Unsynced unsynced, std::mt19937& random) const {
    write_folder(*top_, target_, unsynced, random);
  }

 private:
  /// The folder of a path and the name in it; of the root itself, the name is "".
  std::pair<Node*, std::string> place_of(const std::string& path) const {
    QUERN_CHECK(path.starts_with(root_));
    Node* folder = top_.get();
    std::string name;
    for (const fs::path& part : fs::path(path.substr(root_.size())).relative_path()) {
      if (!name.empty()) folder = folder->now.at(name).get();
      name = part.string();
    }
    return {folder, name};
  }

  static void change(Node& folder, Node::Change change) {
    make_change(change, folder.now);
    folder.changes.push_back(std::move(change));
  }

  static std::string content_of(const Node& file, Unsynced unsynced, std::mt19937& random) {
    std::string content = file.safe;
    const std::size_t n_prefix = random() % (file.pending.size() + 1);
    for (std::size_t i = 0; i < file.pending.size(); ++i) {
      const DiskOperation& operation = *file.pending[i];
      const bool is_whole = unsynced == Unsynced::kAll ||
                            (unsynced == Unsynced::kPrefix && i < n_prefix) ||
                            (unsynced == Unsynced::kRandom && random() % 2 == 0);
      const bool is_torn = (unsynced == Unsynced::kPrefix && i == n_prefix) ||
                           (unsynced == Unsynced::kRandom && random() % 2 == 0);
      if (is_whole) {
        carry_out(operation, content);
      } else if (is_torn) {
        carry_out_torn(operation, random, content);
      }
    }
    return content;
  }

  static void write_folder(const Node& folder, const fs::path& target, Unsynced unsynced,
                           std::mt19937& random) {
    Node::Names names = folder.safe_names;
    const std::size_t n_prefix = random() % (folder.changes.size() + 1);
    for (std::size_t i = 0; i < folder.changes.size(); ++i) {
      const bool happens = unsynced == Unsynced::kAll ||
                           (unsynced == Unsynced::kPrefix && i < n_prefix) ||
                           (unsynced == Unsynced::kRandom && random() % 2 == 0);
      if (happens) make_change(folder.changes[i], names);
    }
    for (const auto& [name, node] : names) {
      if (node->is_folder) {
        fs::create_directory(target / name);
        write_folder(*node, target / name, unsynced, random);
      } else {
        std::ofstream(target / name, std::ios::binary) << content_of(*node, unsynced, random);
      }
    }
  }

  const std::string root_;
  const fs::path target_;
  const std::shared_ptr<Node> top_ = std::make_shared<Node>();
};

}  // namespace

void build_crash_state(std::span<const DiskOperation> operations, const std::string& root,
                       Unsynced unsynced, std::mt19937& random, const std::string& target) {
  Disk disk(root, target);
  for (const DiskOperation& operation : operations) disk.run(operation);
  disk.cut(unsynced, random);
}

}  // namespace quern::store
