#include "hub/digest_memo.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

namespace quern::hub {
namespace {

constexpr std::string_view kFirstLine = "quern digests 1";
constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMaxDigests = 1000;
constexpr std::int64_t kSettledNs = 2'000'000'000;

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view word = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

template <typename Number>
bool read_number(std::string_view& line, Number& out) {
  const std::string_view word = take_until(line, ' ');
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc() && end == word.data() + word.size();
}

bool read_line(std::string_view line, RememberedDigest& out) {
  FileIdentity& id = out.identity;
  if (!read_number(line, id.device) || !read_number(line, id.inode) ||
      !read_number(line, id.n_bytes) || !read_number(line, id.mtime_ns) ||
      !read_number(line, id.ctime_ns)) {
    return false;
  }
  out.sha256 = line;
  return line.size() == 64 && line.find_first_not_of("0123456789abcdef") == line.npos;
}

bool is_settled(const FileIdentity& identity) {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  return std::max(identity.mtime_ns, identity.ctime_ns) < now - kSettledNs;
}

}  // namespace

std::vector<RememberedDigest> parse_digest_memo(std::string_view text) {
  std::vector<RememberedDigest> out;
  if (take_until(text, '\n') != kFirstLine) return out;
  while (!text.empty()) {
    RememberedDigest digest;
    if (read_line(take_until(text, '\n'), digest)) out.push_back(std::move(digest));
  }
  return out;
}

std::vector<RememberedDigest> DigestMemo::read() const {
  const Result<std::string> text = read_file(path_, kMaxFileBytes);
  return text.ok() ? parse_digest_memo(*text) : std::vector<RememberedDigest>();
}

std::optional<std::string> DigestMemo::find(const FileIdentity& identity) const {
  for (RememberedDigest& digest : read()) {
    if (digest.identity == identity) return std::move(digest.sha256);
  }
  return std::nullopt;
}

void DigestMemo::remember(const FileIdentity& identity, const std::string& sha256) const {
  if (!is_settled(identity)) return;
  std::vector<RememberedDigest> digests = read();
  // The same file in an older state is of no use any more.
  std::erase_if(digests, [&](const RememberedDigest& d) {
    return d.identity.device == identity.device && d.identity.inode == identity.inode;
  });
  digests.push_back({identity, sha256});
  const std::size_t first = digests.size() > kMaxDigests ? digests.size() - kMaxDigests : 0;
  std::string text = fmt::format("{}\n", kFirstLine);
  for (std::size_t i = first; i < digests.size(); ++i) {
    const FileIdentity& id = digests[i].identity;
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {} {}\n", id.device, id.inode, id.n_bytes,
                   id.mtime_ns, id.ctime_ns, digests[i].sha256);
  }
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  [[maybe_unused]] const Status lost = write_file_atomically(path_, text);
}

}  // namespace quern::hub
