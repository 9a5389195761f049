#include "apps/code/folder_look.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/code/folder_listing.h"
#include "apps/code/skipped_folders.h"
#include "apps/code/tree_file.h"
#include "base/file_layer.h"
#include "base/mapped_file.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxRuleBytes = 100 << 20;  // git's own limit.
// Source: https://bford.info/cachedir/
constexpr std::string_view kCacheMark = "Signature: 8a477f597d28d172789f06886806bc55";
constexpr RuleLayer kFileLayers[] = {RuleLayer::kQuernIgnore, RuleLayer::kIgnore, RuleLayer::kGit};

std::size_t index_of(RuleLayer layer) { return static_cast<std::size_t>(layer); }

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Adds the rules of each ignore file of a folder, of those that `is_there` says are in it.
template <typename IsThere>
void add_rule_files(int folder_fd, const std::string& folder, std::size_t n_base,
                    PathLetters letters, const IsThere& is_there,
                    std::array<RuleChain, kRuleLayers>& rules, std::vector<std::string>& notes) {
  for (const RuleLayer layer : kFileLayers) {
    const std::string name(layer_file(layer));
    if (!is_there(name)) continue;
    auto bytes = read_file_at(folder_fd, name, kMaxRuleBytes, Links::kRefuse);
    if (bytes.ok()) {
      rules[index_of(layer)] = with_rules(std::move(rules[index_of(layer)]), folder + name, n_base,
                                          IgnoreRules::from_file(*bytes, letters));
    } else if (bytes.status().code() != Code::kNotFound) {
      notes.push_back(fmt::format("'{}': {}; its rules are not obeyed", folder + name,
                                  bytes.status().message()));
    }
  }
}

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || folder == "/" ||
         (path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 &&
          path[folder.size()] == '/');
}

const char* kind_in_words(unsigned char type) {
  switch (type) {
    case DT_FIFO:
      return "a pipe";
    case DT_SOCK:
      return "a socket";
    default:
      return "a device";
  }
}

}  // namespace

std::string_view layer_file(RuleLayer layer) {
  switch (layer) {
    case RuleLayer::kQuernIgnore:
      return ".quernignore";
    case RuleLayer::kIgnore:
      return ".ignore";
    case RuleLayer::kGit:
      return ".gitignore";
    case RuleLayer::kOptions:
      break;
  }
  return "";
}

// The look into one folder.
class FolderLook {
 public:
  FolderLook(const TreeLook& tree, const FolderToLook& folder)
      : tree_(tree), here_(folder), is_root_(folder.path.empty()) {
    own_ = is_root_ ? "" : folder.path + "/";
    based_ = tree.prefix_ + own_;
  }

  FolderFindings run(const NameSet* only) {
    const int fd = open_folder_below(tree_.root_fd_, here_.path);
    if (fd < 0) {
      // Vanished, or replaced by something else, since its name was read.
      if (errno != ENOENT && errno != ENOTDIR) {
        skip_here(errno == ELOOP ? SkipReason::kLink : SkipReason::kUnreadable,
                  errno == ELOOP ? "" : errno_text(errno));
      }
      return std::move(out_);
    }
    fd_ = fd;
    const int error = listing_.read(fd);
    if (error != 0) {
      skip_here(SkipReason::kUnreadable, errno_text(error));
    } else if (is_root_ || is_to_be_looked_into()) {
      out_.is_looked_into = true;
      out_.repository = here_.repository;
      read_rules();
      find_tracked();
      for (const ListedEntry& entry : listing_.entries()) {
        if (only == nullptr || only->count(entry.name) > 0) handle(entry);
      }
    }
    ::close(fd);
    return std::move(out_);
  }

 private:
  struct Tracked {
    std::string_view name;
    bool is_folder = false;
    bool is_submodule = false;
    std::size_t first = 0, last = 0;
  };

  void skip_here(SkipReason reason, std::string problem) {
    out_.skipped.push_back(
        {.path = here_.path, .is_folder = true, .reason = reason, .problem = std::move(problem)});
  }

  bool has_tracked() const { return here_.first < here_.last; }

  // What the folder's own entries say of it: a repository, an environment, a cache.
  bool is_to_be_looked_into() {
    if (listing_.find(".git") != nullptr && !is_part_of_the_tree()) return false;
    if (!tree_.options_.obey_ignore_rules || here_.kept_by || here_.is_submodule) return true;
    const std::string mark = tool_mark();
    if (mark.empty()) return true;
    if (!has_tracked()) {
      skip_here(SkipReason::kVendoredFolder, mark);
      return false;
    }
    hide({.reason = SkipReason::kVendoredFolder, .problem = mark});
    return true;
  }

  void hide(Hiding hiding) {
    if (!here_.hiding) here_.hiding = std::make_shared<const Hiding>(std::move(hiding));
  }

  std::string tool_mark() const {
    const ListedEntry* python = listing_.find("pyvenv.cfg");
    if (python != nullptr && python->type == DT_REG) return "a Python environment (pyvenv.cfg)";
    const ListedEntry* cache = listing_.find("CACHEDIR.TAG");
    if (cache == nullptr || cache->type != DT_REG) return "";
    const auto bytes = read_file_at(fd_, "CACHEDIR.TAG", 64 << 10, Links::kRefuse);
    return bytes.ok() && bytes->substr(0, kCacheMark.size()) == kCacheMark
               ? "a cache (CACHEDIR.TAG)"
               : "";
  }

  bool is_part_of_the_tree() {
    const auto place = git_place_at((tree_.root_ == "/" ? "" : tree_.root_) + "/" + here_.path);
    if (!place) return true;
    const bool is_wanted = here_.is_submodule || here_.repository == nullptr ||
                           (here_.kept_by && *here_.kept_by != RuleLayer::kGit);
    // Else each of its files would come twice: here, and in the repository that shares its history.
    const bool is_twice = !here_.is_submodule && place->is_linked_worktree() &&
                          is_below(parent_of(place->common), tree_.root_);
    if (is_wanted && !is_twice) {
      here_.n_top = based_.size();
      here_.repository = open_git_repository(*place, here_.n_top);
      here_.first = 0;
      here_.last = here_.repository->index.n_paths();
      here_.rules[index_of(RuleLayer::kGit)] =
          tree_.options_.obey_ignore_rules ? here_.repository->rules : nullptr;
      out_.notes = here_.repository->notes;
      return true;
    }
    std::string problem = place->is_linked_worktree()
                              ? fmt::format("a worktree of '{}'", parent_of(place->common))
                              : "a git repository that this one does not track";
    if (has_tracked()) {
      hide({.reason = SkipReason::kNestedRepository, .problem = std::move(problem)});
      return true;
    }
    skip_here(SkipReason::kNestedRepository, std::move(problem));
    return false;
  }

  void read_rules() {
    if (!tree_.options_.obey_ignore_rules) return;
    add_rule_files(
        fd_, own_, based_.size(),
        here_.repository ? here_.repository->letters : PathLetters::kExact,
        [&](std::string_view name) { return listing_.find(name) != nullptr; }, here_.rules,
        out_.notes);
  }

  // The index's paths below this folder, by their next name.
  void find_tracked() {
    if (!here_.repository) return;
    const GitIndex& index = here_.repository->index;
    const std::size_t n_folder = based_.size() - here_.n_top;
    for (std::size_t i = here_.first; i < here_.last;) {
      const std::string_view rest = index.path(i).substr(n_folder);
      const std::size_t slash = rest.find('/');
      Tracked one{.name = rest.substr(0, slash), .first = i, .last = i + 1};
      if (slash == std::string_view::npos) {
        one.is_submodule = index.is_submodule(i);
      } else {
        one.is_folder = true;
        one.last =
            index.end_of_folder(index.path(i).substr(0, n_folder + slash + 1), i, here_.last);
      }
      tracked_.push_back(one);
      i = one.last;
    }
  }

  const Tracked* find_tracked(std::string_view name, bool is_folder) const {
    const auto found = std::lower_bound(tracked_.begin(), tracked_.end(), name,
                                        [&](const Tracked& a, std::string_view wanted) {
                                          return is_before(a.name, a.is_folder, wanted, is_folder);
                                        });
    const bool is_it =
        found != tracked_.end() && found->name == name && found->is_folder == is_folder;
    return is_it ? &*found : nullptr;
  }

  void skip(const ListedEntry& entry, SkipReason reason, std::string problem = "") {
    out_.skipped.push_back({.path = own_ + std::string(entry.name),
                            .is_folder = entry.is_folder(),
                            .reason = reason,
                            .problem = std::move(problem)});
  }

  void skip(const ListedEntry& entry, const Hiding& hiding) {
    out_.skipped.push_back({.path = own_ + std::string(entry.name),
                            .is_folder = entry.is_folder(),
                            .reason = hiding.reason,
                            .rule_file = hiding.rule_file,
                            .rule_line = hiding.rule_line,
                            .rule = hiding.rule,
                            .problem = hiding.problem});
  }

  void handle(const ListedEntry& entry) {
    if (entry.name == ".git" || (entry.is_folder() && is_version_control_folder(entry.name))) {
      skip(entry, SkipReason::kVendoredFolder, "a version control system's own");
      return;
    }
    const Tracked* tracked = find_tracked(entry.name, entry.is_folder());
    const Tracked* submodule = entry.is_folder() ? find_tracked(entry.name, false) : nullptr;
    if (submodule != nullptr && !submodule->is_submodule) submodule = nullptr;
    // A file as such; of a folder only what is in it.
    const bool is_tracked = submodule != nullptr || (tracked != nullptr && !entry.is_folder());

    based_.resize(tree_.prefix_.size() + own_.size());
    const std::size_t name_begin = based_.size();
    based_ += entry.name;
    std::optional<RuleLayer> kept_by;
    std::shared_ptr<const Hiding> hiding = hiding_of(entry, name_begin, is_tracked, kept_by);
    if (!entry.is_folder()) {
      if (hiding) {
        skip(entry, *hiding);
      } else {
        take(entry);
      }
      return;
    }
    if (hiding && !(hiding->layer == RuleLayer::kGit && tracked != nullptr) &&
        !is_brought_back_below(*hiding)) {
      skip(entry, *hiding);
      return;
    }
    FolderToLook next{.path = own_ + std::string(entry.name),
                      .rules = here_.rules,
                      .repository = here_.repository,
                      .n_top = here_.n_top,
                      .is_submodule = submodule != nullptr,
                      .kept_by = kept_by,
                      .hiding = std::move(hiding)};
    if (tracked != nullptr) {
      next.first = tracked->first;
      next.last = tracked->last;
    }
    out_.folders.push_back(std::move(next));
    out_.n_files_before.push_back(out_.files.size());
  }

  // Why an entry, whose path is `based_`, is not in; nullptr if it is. Of a folder: why what is in
  // it and not tracked is not.
  std::shared_ptr<const Hiding> hiding_of(const ListedEntry& entry, std::size_t name_begin,
                                          bool is_tracked,
                                          std::optional<RuleLayer>& kept_by) const {
    const EntryKind kind = entry.is_folder() ? EntryKind::kFolder : EntryKind::kOther;
    for (const RuleLayer layer :
         {RuleLayer::kOptions, RuleLayer::kQuernIgnore, RuleLayer::kIgnore}) {
      const RuleHit hit = find_rule(here_.rules[index_of(layer)], based_, name_begin, kind);
      if (hit.is_ignored()) return hiding_by(hit, layer);
      if (hit.is_kept()) {
        kept_by = layer;
        break;
      }
    }
    if (here_.hiding && !(kept_by && *kept_by < here_.hiding->layer) &&
        !(is_tracked && here_.hiding->layer == RuleLayer::kGit)) {
      return here_.hiding;
    }
    if (is_tracked || kept_by) return nullptr;
    const RuleHit hit = find_rule(here_.rules[index_of(RuleLayer::kGit)], based_, name_begin, kind);
    if (hit.is_ignored()) return hiding_by(hit, RuleLayer::kGit);
    if (hit.is_kept()) {
      kept_by = RuleLayer::kGit;
    } else if (entry.is_folder() && tree_.options_.obey_ignore_rules &&
               is_tool_folder(entry.name)) {
      return std::make_shared<const Hiding>(
          Hiding{.reason = SkipReason::kVendoredFolder, .problem = "what a tool puts there"});
    }
    return nullptr;
  }

  static std::shared_ptr<const Hiding> hiding_by(const RuleHit& hit, RuleLayer layer) {
    return std::make_shared<const Hiding>(Hiding{
        .layer = layer,
        .reason = layer == RuleLayer::kOptions ? SkipReason::kExcluded : SkipReason::kIgnored,
        .rule_file = hit.file->name,
        .rule_line = hit.rule->line,
        .rule = hit.rule->text});
  }

  bool is_brought_back_below(const Hiding& hiding) const {
    for (std::size_t layer = 0; layer < index_of(hiding.layer); ++layer) {
      if (brings_back_below(here_.rules[layer], based_)) return true;
    }
    return false;
  }

  // What no rule hides and is no folder.
  void take(const ListedEntry& entry) {
    if (entry.type == DT_LNK) {
      skip(entry, SkipReason::kLink);
      return;
    }
    if (entry.type != DT_REG) {
      skip(entry, SkipReason::kNotAFile, kind_in_words(entry.type));
      return;
    }
    struct stat info{};
    if (::fstatat(fd_, entry.name.data(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) skip(entry, SkipReason::kUnreadable, errno_text(errno));
      return;
    }
    const auto n_bytes = static_cast<std::uint64_t>(info.st_size);
    if (!S_ISREG(info.st_mode)) return;  // Replaced since its name was read; the next walk sees it.
    if (n_bytes > tree_.options_.max_file_bytes) {
      skip(entry, SkipReason::kHuge,
           fmt::format("{} bytes, at most {} are read", n_bytes, tree_.options_.max_file_bytes));
      return;
    }
    std::string path;
    path.reserve(own_.size() + entry.name.size());
    path.append(own_).append(entry.name);
    out_.files.push_back({.path = std::move(path),
                          .n_bytes = n_bytes,
                          .mtime_ns = nanoseconds(info.st_mtim),
                          .ctime_ns = nanoseconds(info.st_ctim),
                          .inode = info.st_ino});
  }

  const TreeLook& tree_;
  FolderToLook here_;
  const bool is_root_;
  std::string own_;    // The folder's path from the root with its '/', "" for the root.
  std::string based_;  // The same from the base; while an entry is handled, the entry's.
  int fd_ = -1;
  FolderListing listing_;
  std::vector<Tracked> tracked_;
  FolderFindings out_;
};

Result<TreeLook> TreeLook::open(const std::string& root, const WalkOptions& options) {
  char* real = ::realpath(root.c_str(), nullptr);
  const int error = errno;
  const auto fail = [&](int code) {
    return Status{code == ENOENT    ? Code::kNotFound
                  : code == ENOTDIR ? Code::kBadInput
                                    : Code::kIo,
                  code == ENOTDIR
                      ? fmt::format("'{}' is no folder", root)
                      : fmt::format("cannot read the folder '{}': {}", root, errno_text(code))};
  };
  if (real == nullptr) return fail(error);
  TreeLook look(real, options);
  std::free(real);
  look.root_fd_ = ::open(look.root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (look.root_fd_ < 0) return fail(errno);
  look.find_repository();
  if (!options.exclude.empty()) {
    look.root_folder_.rules[index_of(RuleLayer::kOptions)] =
        with_rules(nullptr, "", look.prefix_.size(), IgnoreRules::from_globs(options.exclude));
  }
  return look;
}

void TreeLook::find_repository() {
  const auto place = git_place_above(root_);
  // Within a repository's own folder there is no work tree.
  if (!place || is_below(root_, place->folder)) return;
  prefix_ =
      place->top == root_ ? "" : root_.substr(place->top == "/" ? 1 : place->top.size() + 1) + "/";
  const auto repository = open_git_repository(*place, 0);
  notes_ = repository->notes;
  root_folder_.repository = repository;
  root_folder_.first = repository->index.first_from(prefix_);
  root_folder_.last =
      repository->index.end_of_folder(prefix_, root_folder_.first, repository->index.n_paths());
  if (!options_.obey_ignore_rules) return;
  root_folder_.rules[index_of(RuleLayer::kGit)] = repository->rules;
  // The rules of the folders above.
  for (std::size_t begin = 0; begin < prefix_.size();) {
    const std::string folder =
        (place->top == "/" ? "" : place->top) + "/" + prefix_.substr(0, begin);
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
      add_rule_files(
          fd, folder, begin, repository->letters, [](std::string_view) { return true; },
          root_folder_.rules, notes_);
      ::close(fd);
    }
    const std::size_t end = prefix_.find('/', begin);
    for (const RuleLayer layer : kFileLayers) {
      const RuleHit hit =
          find_rule(root_folder_.rules[index_of(layer)], std::string_view(prefix_).substr(0, end),
                    begin, EntryKind::kFolder);
      if (hit.is_ignored()) {
        notes_.push_back(fmt::format("'{}' itself is ignored, by line {} of '{}': {}", root_,
                                     hit.rule->line, hit.file->name, hit.rule->text));
      }
      if (hit.rule != nullptr) break;
    }
    begin = end + 1;
  }
}

TreeLook::TreeLook(TreeLook&& other) noexcept
    : root_(std::move(other.root_)),
      options_(std::move(other.options_)),
      root_fd_(std::exchange(other.root_fd_, -1)),
      prefix_(std::move(other.prefix_)),
      root_folder_(std::move(other.root_folder_)),
      notes_(std::move(other.notes_)) {}

TreeLook::~TreeLook() {
  if (root_fd_ >= 0) ::close(root_fd_);
}

FolderFindings TreeLook::look_into(const FolderToLook& folder, const NameSet* only) const {
  return FolderLook(*this, folder).run(only);
}

}  // namespace quern::apps
