#include "apps/code/path_reason.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/code/folder_look.h"
#include "apps/code/tree_file.h"
#include "base/file_layer.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

// The names of a path without "." and what ".." takes back; nothing where that leaves the top.
std::optional<std::vector<std::string>> names_of(std::string_view path) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      out.emplace_back(name);
    } else if (out.empty()) {
      return std::nullopt;
    } else {
      out.pop_back();
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : "/") + name;
  return out;
}

// An absolute path without links but for its last name, which is what is asked about.
std::string without_links_above(const std::string& path) {
  char* folder = ::realpath(parent_of(path).c_str(), nullptr);
  if (folder == nullptr) return path;
  std::string out = folder;
  std::free(folder);
  return (out == "/" ? "" : out) + path.substr(path.rfind('/'));
}

// The names that lead from `root` to `path`; nothing where it lies outside.
std::optional<std::vector<std::string>> names_below(const std::string& root,
                                                    const std::string& path) {
  if (path.empty() || path[0] != '/') return names_of(path);
  for (const std::string& one : {path, without_links_above(path)}) {
    const auto names = names_of(one);
    if (!names) continue;
    const std::string whole = "/" + joined(*names);
    if (whole == root) return std::vector<std::string>();
    const std::string folder = root == "/" ? root : root + "/";
    if (whole.compare(0, folder.size(), folder) == 0) return names_of(whole.substr(folder.size()));
  }
  return std::nullopt;
}

// Names are any bytes; a sentence is a line of text.
std::string in_quotes(const std::string& path) {
  std::string repaired;
  std::string out = "'";
  for (const char c : repair_utf8(path, repaired)) {
    if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else {
      out += c;
    }
  }
  return out + "'";
}

PathReason reason_of_skip(std::string path, SkippedPath skipped) {
  PathReason out{.state = PathState::kSkipped, .path = std::move(path)};
  out.sentence = out.path == skipped.path
                     ? fmt::format("{} is {}", in_quotes(out.path), words_of_skip(skipped))
                     : fmt::format("{} is in {}, which is {}", in_quotes(out.path),
                                   in_quotes(skipped.path), words_of_skip(skipped));
  out.skipped = std::move(skipped);
  return out;
}

PathReason reason_of_file(const TreeLook& look, const WalkedFile& file, const std::string& folder,
                          const WalkOptions& options) {
  PathReason out{.path = file.path};
  const int fd = open_folder_below(look.root_fd(), folder);
  auto bytes = fd < 0
                   ? Result<std::string>(Code::kNotFound, "its folder is gone")
                   : read_file_at(fd, file.path.substr(folder.empty() ? 0 : folder.size() + 1),
                                  static_cast<std::size_t>(options.max_file_bytes), Links::kRefuse);
  if (fd >= 0) ::close(fd);
  if (!bytes.ok()) {
    return reason_of_skip(file.path, {.path = file.path,
                                      .reason = SkipReason::kUnreadable,
                                      .problem = bytes.status().message()});
  }
  if (const auto why_not = why_no_text(file.path, *bytes)) {
    out.state = PathState::kNoText;
    out.sentence = fmt::format("{} is not indexed: {}", in_quotes(file.path), *why_not);
    return out;
  }
  out.state = PathState::kIndexed;
  out.kind = kind_of_file(file.path, utf8_from_source(std::move(*bytes)));
  out.sentence =
      fmt::format("{} is indexed, as {}{}", in_quotes(file.path), role_name(out.kind.role),
                  out.kind.language.empty() ? "" : " in " + out.kind.language);
  return out;
}

}  // namespace

const char* skip_reason_name(SkipReason reason) {
  switch (reason) {
    case SkipReason::kIgnored:
      return "ignored";
    case SkipReason::kHuge:
      return "huge";
    case SkipReason::kVendoredFolder:
      return "vendored_folder";
    case SkipReason::kLink:
      return "link";
    case SkipReason::kOutside:
      return "outside";
    case SkipReason::kUnreadable:
      return "unreadable";
    case SkipReason::kNotAFile:
      return "not_a_file";
    case SkipReason::kNestedRepository:
      return "nested_repository";
    case SkipReason::kExcluded:
      return "excluded";
  }
  return "";
}

std::string words_of_skip(const SkippedPath& skipped) {
  switch (skipped.reason) {
    case SkipReason::kIgnored:
      return fmt::format("ignored by line {} of {}: {}", skipped.rule_line, skipped.rule_file,
                         skipped.rule);
    case SkipReason::kHuge:
      return "too large: " + skipped.problem;
    case SkipReason::kVendoredFolder:
      return "not looked into: " + skipped.problem;
    case SkipReason::kLink:
      return "a link, and links are not followed";
    case SkipReason::kOutside:
      return "outside of the indexed folder";
    case SkipReason::kUnreadable:
      return "not to be read: " + skipped.problem;
    case SkipReason::kNotAFile:
      return "no regular file but " + skipped.problem;
    case SkipReason::kNestedRepository:
      return fmt::format("not looked into: {}; index it by itself", skipped.problem);
    case SkipReason::kExcluded:
      return "excluded by the pattern " + skipped.rule;
  }
  return "";
}

Result<PathReason> reason_of_path(const std::string& root, const std::string& path,
                                  const WalkOptions& options) {
  QUERN_ASSIGN(const TreeLook look, TreeLook::open(root, options));
  const auto names = names_below(look.root(), path);
  if (!names) {
    return PathReason{.state = PathState::kOutside,
                      .path = path,
                      .sentence = fmt::format("{} is outside of the indexed folder {}",
                                              in_quotes(path), in_quotes(look.root()))};
  }
  const std::string whole = joined(*names);
  const auto missing = [&] {
    return PathReason{.state = PathState::kMissing,
                      .path = whole,
                      .sentence = fmt::format("{} does not exist in {}", in_quotes(whole),
                                              in_quotes(look.root()))};
  };
  struct stat info{};
  if (!whole.empty() && ::fstatat(look.root_fd(), whole.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 &&
      (errno == ENOENT || errno == ENOTDIR)) {
    return missing();
  }
  FolderToLook folder = look.root_folder();
  for (const std::string& name : *names) {
    const NameSet only = {name};
    FolderFindings found = look.look_into(folder, &only);
    if (!found.skipped.empty()) return reason_of_skip(whole, std::move(found.skipped[0]));
    if (!found.files.empty()) {
      return found.files[0].path == whole
                 ? reason_of_file(look, found.files[0], folder.path, options)
                 : missing();
    }
    if (found.folders.empty()) return missing();
    folder = std::move(found.folders[0]);
  }
  // Whether it is looked into only shows in it.
  const NameSet none;
  FolderFindings found = look.look_into(folder, &none);
  if (!found.skipped.empty()) return reason_of_skip(whole, std::move(found.skipped[0]));
  if (!found.is_looked_into) return missing();
  PathReason out{.state = PathState::kFolder, .path = whole};
  if (whole.empty()) {
    out.sentence = fmt::format("{} is the indexed folder itself", in_quotes(look.root()));
  } else if (folder.hiding != nullptr) {
    out.sentence = fmt::format(
        "{} is a folder of which only a part is indexed: what git tracks, or a rule brings back",
        in_quotes(whole));
  } else {
    out.sentence = fmt::format("{} is a folder, and what is in it is looked at", in_quotes(whole));
  }
  return out;
}

}  // namespace quern::apps
