#include "apps/claims/claim_corpus.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace quern::apps {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

Status check_corpus_name(const std::string& name) {
  const bool is_good =
      !name.empty() && name.size() <= kMaxNameBytes && is_letter_or_digit(name[0]) &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
  if (is_good) return {};
  return {Code::kBadInput, fmt::format("'{}' is no name of a corpus: want small letters, digits, _ "
                                       "and -, {} at most, a letter or digit first",
                                       store::printable_key(name), kMaxNameBytes)};
}

std::string corpus_folder(const std::string& home, const std::string& name) {
  return home + "/claims/corpora/" + name;
}

Result<std::vector<std::string>> corpus_names(const std::string& home) {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  const std::string folder = home + "/claims/corpora";
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return out;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    std::error_code missing;
    if (check_corpus_name(name).ok() && fs::exists(store::catalog_path(entries->path()), missing)) {
      out.push_back(std::move(name));
    }
  }
  if (error) return {Code::kIo, fmt::format("cannot read '{}': {}", folder, error.message())};
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace quern::apps
