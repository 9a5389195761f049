#include "apps/papers/import/paper_paths.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "apps/code/tree_walk.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

PaperFormat format_by_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string begin(kBytesToKnowFormat, '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(in.gcount()));
  return paper_format_of_bytes(begin);
}

// Of a file that was named itself, whatever its name: where that says nothing, its bytes do.
PaperFormat format_of_named_file(const std::string& path, PaperFormat wanted) {
  if (wanted != PaperFormat::kAuto) return wanted;
  const std::optional<PaperFormat> by_name = paper_format_of_path(path);
  if (by_name && *by_name != PaperFormat::kText) return *by_name;
  return format_by_bytes(path);
}

// Text files of a folder are mostly about it.
bool is_wanted(PaperFormat format, PaperFormat wanted) {
  return wanted == PaperFormat::kAuto ? format != PaperFormat::kText : format == wanted;
}

// Links and pipes are only worth a word where they are called as papers are.
Status why_skipped(const SkippedPath& skipped, PaperFormat wanted) {
  if (skipped.reason == SkipReason::kUnreadable) return {Code::kIo, skipped.problem};
  const std::optional<PaperFormat> format = paper_format_of_path(skipped.path);
  if (skipped.is_folder || !format || !is_wanted(*format, wanted)) return {};
  if (skipped.reason == SkipReason::kLink) {
    return {Code::kBadInput, "it is a link, and links in folders are not followed"};
  }
  return skipped.reason == SkipReason::kNotAFile ? Status(Code::kBadInput, "it is no file")
                                                 : Status();
}

Status list_paper_folder(const std::string& folder, PaperFormat wanted,
                         std::vector<PaperPath>& out) {
  QUERN_ASSIGN(const TreeWalk walk,
               walk_tree(folder, {.obey_ignore_rules = false, .max_file_bytes = UINT64_MAX}));
  const std::size_t n_before = out.size();
  const auto path_of = [&](const std::string& path) {
    return (fs::path(folder) / path).lexically_normal().string();
  };
  for (const WalkedFile& file : walk.files) {
    const std::optional<PaperFormat> format = paper_format_of_path(file.path);
    if (!format || !is_wanted(*format, wanted)) continue;
    out.push_back({.path = path_of(file.path), .format = *format, .n_bytes = file.n_bytes});
  }
  for (const SkippedPath& skipped : walk.skipped) {
    Status why = why_skipped(skipped, wanted);
    if (!why.ok()) out.push_back({.path = path_of(skipped.path), .status = std::move(why)});
  }
  if (out.size() > n_before) return {};
  return {Code::kBadInput,
          fmt::format("'{}' has no file of papers (.pdf, .bib, .ris, .jsonl, .json, .xml) among {}",
                      folder, walk.files.size())};
}

Status list_paper_path(const std::string& path, PaperFormat wanted, std::vector<PaperPath>& out) {
  if (path == "-") {
    out.push_back({.path = path, .format = PaperFormat::kJsonLines});
    return {};
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return {Code::kNotFound, fmt::format("there is no '{}'", path)};
  }
  if (error) return {Code::kIo, fmt::format("cannot read '{}': {}", path, error.message())};
  if (fs::is_directory(status)) return list_paper_folder(path, wanted, out);
  if (!fs::is_regular_file(status)) {
    return {Code::kBadInput,
            fmt::format("'{}' is no file: JSON lines are taken from standard input as -", path)};
  }
  const std::uintmax_t n_bytes = fs::file_size(path, error);
  out.push_back({.path = fs::path(path).lexically_normal().string(),
                 .format = format_of_named_file(path, wanted),
                 .n_bytes = error ? 0 : n_bytes});
  return {};
}

}  // namespace

Result<std::vector<PaperPath>> list_paper_paths(const std::vector<std::string>& paths,
                                                PaperFormat format) {
  std::vector<PaperPath> out;
  for (const std::string& path : paths) QUERN_TRY(list_paper_path(path, format, out));
  return out;
}

}  // namespace quern::apps
