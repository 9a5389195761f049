#include "apps/code/watch.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "apps/code/folder_look.h"
#include "apps/code/folder_watches.h"
#include "apps/code/git_repository.h"
#include "apps/code/tree_file.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

bool is_ignore_file(std::string_view name) {
  return name == layer_file(RuleLayer::kGit) || name == layer_file(RuleLayer::kIgnore) ||
         name == layer_file(RuleLayer::kQuernIgnore);
}

// What changes which folders belong to the tree.
bool is_mark(std::string_view name) {
  return name == ".git" || name == "pyvenv.cfg" || name == "CACHEDIR.TAG";
}

// Reasons that only rules can take away: a change of the file is no news.
bool is_hidden_by_rule(SkipReason reason) {
  return reason == SkipReason::kIgnored || reason == SkipReason::kExcluded ||
         reason == SkipReason::kVendoredFolder || reason == SkipReason::kNestedRepository;
}

bool has_same_identity(const WalkedFile& a, const WalkedFile& b) {
  return a.n_bytes == b.n_bytes && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns &&
         a.inode == b.inode;
}

// A tree, all of whose folders are watched.
class WatchedTree {
 public:
  // Errors: as walk_tree; kExhausted where there are not enough watches.
  static Result<std::unique_ptr<WatchedTree>> open(const std::string& root,
                                                   const WatchOptions& options) {
    QUERN_ASSIGN(TreeLook look, TreeLook::open(root, options.walk));
    QUERN_ASSIGN(FolderWatches watches, FolderWatches::open());
    std::unique_ptr<WatchedTree> tree(
        new WatchedTree(std::move(look), std::move(watches), options.max_folders));
    TreeChanges all;
    QUERN_TRY(tree->add_folder(tree->look_.root_folder(), all, options.is_stopped));
    return tree;
  }

  int fd() const { return watches_.fd(); }

  // Nothing is waiting to be told.
  bool is_quiet() const { return changed_.empty() && changed_indexes_.empty() && rescan_.empty(); }
  bool is_urgent() const { return is_urgent_; }

  void read_events() {
    watches_.read([this](const FolderEvent& event) { note_event(event); });
  }

  // What waits, judged as it is now. After a rescan there is to be a new tree.
  Result<TreeChanges> take_changes() {
    is_urgent_ = false;
    TreeChanges out;
    check_indexes();
    if (!rescan_.empty()) {
      out.is_rescan = true;
      out.note = rescan_;
      return out;
    }
    const auto changed = std::exchange(changed_, {});
    std::vector<FolderToLook> added;
    for (const auto& [folder, what] : changed) look_again(folder, what, out, added);
    // Only then: one that moved keeps its watch, which its old place may no longer take away.
    for (const FolderToLook& folder : added) QUERN_TRY(add_folder(folder, out));
    std::sort(out.files.begin(), out.files.end(),
              [](const WalkedFile& a, const WalkedFile& b) { return a.path < b.path; });
    out.files.erase(
        std::unique(out.files.begin(), out.files.end(),
                    [](const WalkedFile& a, const WalkedFile& b) { return a.path == b.path; }),
        out.files.end());
    return out;
  }

 private:
  struct Changed {
    NameSet names;
    NameSet left;  // Of these: that went, whatever has come after them.
  };

  struct Watched {
    FolderToLook folder;
    int watch = -1;
  };

  WatchedTree(TreeLook look, FolderWatches watches, std::size_t max_folders)
      : look_(std::move(look)), watches_(std::move(watches)), max_folders_(max_folders) {}

  void note_event(const FolderEvent& event) {
    using Kind = FolderEvent::Kind;
    if (event.kind == Kind::kLost) {
      rescan("changes came faster than they could be told");
      return;
    }
    const auto git = git_watches_.find(event.watch);
    if (git != git_watches_.end()) {
      note_git_event(*git->second, event);
      return;
    }
    const auto found = paths_.find(event.watch);
    if (found == paths_.end()) return;
    const std::string& folder = found->second;
    if (event.kind == Kind::kEnd) {
      paths_.erase(found);
      return;
    }
    if (event.kind == Kind::kSelf) {
      // Of others the folder above tells.
      if (folder.empty()) rescan("the indexed folder itself was moved or removed");
      return;
    }
    const std::string name(event.name);
    if (is_ignore_file(name)) {
      rescan(fmt::format("'{}' changed", folder.empty() ? name : folder + "/" + name));
    } else if (is_mark(name)) {
      rescan(
          fmt::format("'{}' came, went or changed", folder.empty() ? name : folder + "/" + name));
    } else {
      Changed& changed = changed_[folder];
      if (event.is_leaving) changed.left.insert(name);
      changed.names.insert(name);
      is_urgent_ = is_urgent_ || event.kind == Kind::kDone;
    }
  }

  // git renames its files into place: half of one is never seen.
  void note_git_event(const GitRepository& repository, const FolderEvent& event) {
    if (event.kind != FolderEvent::Kind::kDone) return;
    if (event.name == "index") {
      changed_indexes_.insert(&repository);
      is_urgent_ = true;
    } else if (event.name == "exclude" || event.name == "info" || event.name == "config" ||
               event.name == "config.worktree") {
      rescan(fmt::format("git's {} changed", event.name));
    }
  }

  void rescan(std::string why) {
    if (rescan_.empty()) rescan_ = std::move(why);
    is_urgent_ = true;
  }

  // An index is rewritten by many commands; only other paths are news.
  void check_indexes() {
    for (const GitRepository* repository : std::exchange(changed_indexes_, {})) {
      const auto now = open_git_repository(repository->place, 0);
      if (!now->index.has_same_paths(repository->index)) {
        rescan(fmt::format("git tracks other files in '{}'", repository->place.top));
      }
    }
  }

  // Watches before it looks, so that nothing comes unseen between.
  Status add_folder(const FolderToLook& first, TreeChanges& out,
                    const std::function<bool()>& is_stopped = {}) {
    std::vector<FolderToLook> todo = {first};
    while (!todo.empty()) {
      if (is_stopped && is_stopped()) return {Code::kCancelled, "the watch was stopped"};
      const FolderToLook folder = std::move(todo.back());
      todo.pop_back();
      const int fd = open_folder_below(look_.root_fd(), folder.path);
      if (fd < 0) continue;  // Gone, or not to be read: the walk says so.
      auto watch = watches_.add(fd);
      ::close(fd);
      if (!watch.ok()) return watch.status();
      if (max_folders_ > 0 && folders_.size() >= max_folders_) {
        return {Code::kExhausted, fmt::format("more than {} folders", max_folders_)};
      }
      FolderFindings found = look_.look_into(folder);
      if (!found.is_looked_into) {
        watches_.remove(*watch);
        continue;
      }
      paths_[*watch] = folder.path;
      QUERN_TRY(watch_repository(found.repository));
      folders_[folder.path] = {folder, *watch};
      std::move(found.files.begin(), found.files.end(), std::back_inserter(out.files));
      std::move(found.folders.begin(), found.folders.end(), std::back_inserter(todo));
    }
    return {};
  }

  // Where its index, settings and excludes lie.
  Status watch_repository(const std::shared_ptr<const GitRepository>& repository) {
    if (repository == nullptr ||
        !repositories_.emplace(repository->place.folder, repository).second) {
      return {};
    }
    for (const std::string& place :
         {repository->place.folder, repository->place.common, repository->place.common + "/info"}) {
      const int fd = ::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (fd < 0) continue;
      auto watch = watches_.add(fd);
      ::close(fd);
      if (!watch.ok()) return watch.status();
      git_watches_.emplace(*watch, repository.get());
    }
    return {};
  }

  // The folder is no longer there, or another one is.
  void drop_folders(const std::string& path) {
    const auto drop = [&](auto at) {
      const auto watched = paths_.find(at->second.watch);
      if (watched != paths_.end() && watched->second == at->first) {
        watches_.remove(at->second.watch);
        paths_.erase(watched);
      }
      return folders_.erase(at);
    };
    const auto self = folders_.find(path);
    if (self != folders_.end()) drop(self);
    const std::string below = path + "/";
    for (auto at = folders_.lower_bound(below);
         at != folders_.end() && at->first.compare(0, below.size(), below) == 0;) {
      at = drop(at);
    }
  }

  void look_again(const std::string& path, const Changed& changed, TreeChanges& out,
                  std::vector<FolderToLook>& added) {
    const auto folder = folders_.find(path);
    if (folder == folders_.end()) return;  // Went with one above it, which is told.
    FolderFindings found = look_.look_into(folder->second.folder, &changed.names);
    if (!found.is_looked_into) return;  // The same.
    const std::string own = path.empty() ? "" : path + "/";
    NameSet files, unchanged;
    for (const WalkedFile& file : found.files) files.insert(file.path.substr(own.size()));
    for (const SkippedPath& skipped : found.skipped) {
      if (is_hidden_by_rule(skipped.reason)) unchanged.insert(skipped.path.substr(own.size()));
    }
    for (const FolderToLook& next : found.folders) unchanged.insert(next.path.substr(own.size()));
    for (const std::string& name : changed.names) {
      const bool was_folder = folders_.count(own + name) > 0;
      const bool is_replaced = files.count(name) > 0;
      const bool was_other = changed.left.count(name) > 0 || unchanged.count(name) == 0;
      if (!was_folder && (is_replaced || !was_other)) continue;
      drop_folders(own + name);
      out.gone.push_back(own + name);
    }
    std::move(found.files.begin(), found.files.end(), std::back_inserter(out.files));
    std::move(found.folders.begin(), found.folders.end(), std::back_inserter(added));
  }

  TreeLook look_;
  FolderWatches watches_;
  const std::size_t max_folders_;
  std::map<std::string, Watched> folders_;  // By path.
  std::unordered_map<int, std::string> paths_;
  std::map<std::string, std::shared_ptr<const GitRepository>> repositories_;  // By git's folder.
  std::unordered_map<int, const GitRepository*> git_watches_;

  // What waits to be told.
  std::map<std::string, Changed> changed_;  // By folder.
  std::set<const GitRepository*> changed_indexes_;
  std::string rescan_;
  bool is_urgent_ = false;
};

}  // namespace

TreeChanges difference_of_walks(const TreeWalk& before, const TreeWalk& after) {
  TreeChanges out;
  auto old = before.files.begin();
  for (const WalkedFile& file : after.files) {
    for (; old != before.files.end() && old->path < file.path; ++old) out.gone.push_back(old->path);
    const bool is_old = old != before.files.end() && old->path == file.path;
    if (!is_old || !has_same_identity(*old, file)) out.files.push_back(file);
    if (is_old) ++old;
  }
  for (; old != before.files.end(); ++old) out.gone.push_back(old->path);
  return out;
}

class TreeWatch::Impl {
 public:
  static Result<std::unique_ptr<Impl>> open(const std::string& root, const WatchOptions& options) {
    const int stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0) return Status{Code::kExhausted, "no more files can be opened"};
    std::unique_ptr<Impl> impl(new Impl(root, options, stop_fd));
    QUERN_TRY(impl->begin());
    return impl;
  }
  ~Impl() { ::close(stop_fd_); }

  std::optional<TreeChanges> next(milliseconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    while (!is_stopped_) {
      if (!note_.empty()) return TreeChanges{.is_rescan = true, .note = std::exchange(note_, "")};
      std::optional<TreeChanges> changes = tree_ ? told() : walked();
      if (changes) return changes;
      const Clock::time_point now = Clock::now();
      if (now >= deadline) break;
      wait_until(std::min(deadline, wake_ ? *wake_ : deadline));
    }
    return std::nullopt;
  }

  std::optional<TreeChanges> now() {
    if (!note_.empty()) return TreeChanges{.is_rescan = true, .note = std::exchange(note_, "")};
    if (tree_ == nullptr) return TreeChanges{.is_rescan = true};
    tree_->read_events();
    if (tree_->is_quiet()) return std::nullopt;
    return taken();
  }

  void stop() {
    is_stopped_ = true;
    const std::uint64_t one = 1;
    if (::write(stop_fd_, &one, sizeof(one)) < 0) return;  // It is full, and so wakes as well.
  }
  bool is_stopped() const { return is_stopped_; }
  bool is_watching() const { return tree_ != nullptr; }

 private:
  Impl(std::string root, WatchOptions options, int stop_fd)
      : root_(std::move(root)), options_(std::move(options)), stop_fd_(stop_fd) {}

  Status begin() {
    auto tree = WatchedTree::open(root_, options_);
    if (tree.ok()) {
      tree_ = std::move(*tree);
      return {};
    }
    if (tree.status().code() != Code::kExhausted) return tree.status();
    return begin_walks(tree.status().message());
  }

  Status begin_walks(const std::string& why) {
    tree_.reset();
    QUERN_ASSIGN(last_walk_,
                 walk_tree(root_, options_.walk, [this] { return is_stopped_.load(); }));
    wake_ = Clock::now() + options_.period;
    note_ = fmt::format("{}; the tree is walked every {:g} s instead", why,
                        static_cast<double>(options_.period.count()) / 1000);
    return {};
  }

  // What the system told and is due.
  std::optional<TreeChanges> told() {
    tree_->read_events();
    const Clock::time_point now = Clock::now();
    if (tree_->is_quiet()) {
      if (wake_ && now >= *wake_) wake_.reset();
      return std::nullopt;
    }
    if (!wake_ && !tree_->is_urgent()) {
      wake_ = now + options_.collect;
      is_after_batch_ = false;
    }
    const bool is_due = !wake_ || now >= *wake_ || (tree_->is_urgent() && !is_after_batch_);
    if (!is_due) return std::nullopt;
    return taken();
  }

  std::optional<TreeChanges> taken() {
    auto changes = tree_->take_changes();
    wake_ = Clock::now() + options_.collect;
    is_after_batch_ = true;
    if (!changes.ok()) return start_again(changes.status().message());
    if (changes->is_rescan) return start_again(changes->note);
    if (changes->gone.empty() && changes->files.empty()) return std::nullopt;
    return std::move(*changes);
  }

  // Watches anew before it tells, so that whoever walks then misses nothing.
  TreeChanges start_again(const std::string& why) {
    TreeChanges out{.is_rescan = true, .note = why};
    const Status status = begin();
    if (!status.ok()) {
      // The root is gone: it may come back.
      tree_.reset();
      is_lost_ = true;
      out.note += "; " + status.message();
    }
    if (tree_ == nullptr) {
      wake_ = Clock::now() + options_.period;
      if (!note_.empty()) out.note += "; " + std::exchange(note_, "");
    }
    return out;
  }

  // What a walk found that was due.
  std::optional<TreeChanges> walked() {
    if (wake_ && Clock::now() < *wake_) return std::nullopt;
    wake_ = Clock::now() + options_.period;
    if (is_lost_) {
      if (!begin().ok()) return std::nullopt;
      is_lost_ = false;
      const std::string more = std::exchange(note_, "");
      return TreeChanges{.is_rescan = true,
                         .note = "the indexed folder is back" + (more.empty() ? "" : "; " + more)};
    }
    auto walk = walk_tree(root_, options_.walk, [this] { return is_stopped_.load(); });
    if (is_stopped_) return std::nullopt;
    if (!walk.ok())
      return std::nullopt;  // It is not there just now: nothing is known to have gone.
    TreeWalk now = std::move(*walk);
    TreeChanges changes = difference_of_walks(last_walk_, now);
    last_walk_ = std::move(now);
    wake_ = Clock::now() + options_.period;
    if (changes.gone.empty() && changes.files.empty()) return std::nullopt;
    return changes;
  }

  void wait_until(Clock::time_point until) {
    // Rounded up: else the last millisecond would be spent asking.
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    pollfd fds[2] = {{.fd = stop_fd_, .events = POLLIN, .revents = 0},
                     {.fd = tree_ ? tree_->fd() : -1, .events = POLLIN, .revents = 0}};
    // Between two batches events are only taken out of the system's queue, now and then.
    const bool is_between = tree_ && is_after_batch_ && !tree_->is_quiet();
    if (is_between) fds[1].fd = -1;
    ::poll(fds, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, is_between ? 20 : 1 << 30)));
  }

  const std::string root_;
  const WatchOptions options_;
  const int stop_fd_;
  std::atomic<bool> is_stopped_ = false;
  std::unique_ptr<WatchedTree> tree_;  // nullptr: walks.
  TreeWalk last_walk_;
  std::optional<Clock::time_point> wake_;  // The end of collecting, or the next walk.
  bool is_after_batch_ = false;            // wake_ ends the time between two batches.
  bool is_lost_ = false;                   // The root is gone; it may come back.
  std::string note_;
};

Result<std::unique_ptr<TreeWatch>> TreeWatch::open(const std::string& root,
                                                   const WatchOptions& options) {
  QUERN_ASSIGN(auto impl, Impl::open(root, options));
  return std::unique_ptr<TreeWatch>(new TreeWatch(std::move(impl)));
}

TreeWatch::TreeWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TreeWatch::~TreeWatch() = default;

std::optional<TreeChanges> TreeWatch::next(milliseconds patience) { return impl_->next(patience); }
std::optional<TreeChanges> TreeWatch::now() { return impl_->now(); }
void TreeWatch::stop() { impl_->stop(); }
bool TreeWatch::is_stopped() const { return impl_->is_stopped(); }
bool TreeWatch::is_watching() const { return impl_->is_watching(); }

Status watch_tree(const std::string& root, const WatchOptions& options,
                  const std::function<void(const TreeChanges&)>& on_changes,
                  const std::function<bool()>& is_stopped) {
  QUERN_ASSIGN(const auto watch, TreeWatch::open(root, options));
  on_changes({.is_rescan = true});
  while (!is_stopped()) {
    if (const auto changes = watch->next(milliseconds(100))) on_changes(*changes);
  }
  return {};
}

}  // namespace quern::apps
