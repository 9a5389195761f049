#include "hub/pull/listing.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "formats/fast_json.h"
#include "formats/json_object.h"

namespace quern::hub {
namespace {

constexpr std::size_t kMaxListingBytes = 64u << 20;
constexpr std::size_t kMaxNameBytes = 255;
constexpr double kMaxFileBytes = 1e15;

bool is_hex(std::string_view text, std::size_t n) {
  return text.size() == n && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Every part a plain name, none that means a folder above.
Status check_path(const std::string& path) {
  std::string_view rest = path;
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    const bool is_odd = part.empty() || part == "." || part == ".." ||
                        part.size() > kMaxNameBytes ||
                        std::any_of(part.begin(), part.end(), [](char c) {
                          return static_cast<unsigned char>(c) < ' ' || c == '\\' || c == '\x7f';
                        });
    if (is_odd) {
      return {Code::kBadInput,
              fmt::format("the repository lists a file '{}', which is no name inside a folder: "
                          "nothing of it is fetched",
                          formats::shown(path))};
    }
    if (part.size() == rest.size()) return {};
    rest.remove_prefix(part.size() + 1);
  }
}

void take_digest(std::string_view digest, ListedFile& file) {
  if (is_hex(digest, 64)) file.sha256 = digest;
  if (is_hex(digest, 40)) file.git_sha1 = digest;
}

Status read_size(const formats::JsonObject& entry, ListedFile& file) {
  if (!entry.has("size")) return {};
  QUERN_ASSIGN(const double n_bytes, entry.number_or("size", 0, kMaxFileBytes, 0));
  file.n_bytes = static_cast<std::uint64_t>(n_bytes);
  return {};
}

Result<ListedFile> read_file_entry(const nlohmann::json& item, const std::string& label) {
  if (!item.is_object()) return {Code::kBadInput, label + " is not an object"};
  const formats::JsonObject entry(item, label);
  ListedFile file;
  QUERN_ASSIGN(file.path, entry.string("rfilename"));
  QUERN_TRY(check_path(file.path));
  QUERN_TRY(read_size(entry, file));
  QUERN_ASSIGN(const std::string blob, entry.string_or("blobId", ""));
  take_digest(blob, file);
  if (!entry.has("lfs")) return file;
  // What git holds of such a file is a pointer to it.
  file.git_sha1.clear();
  QUERN_ASSIGN(const formats::JsonObject lfs, entry.object("lfs"));
  QUERN_TRY(read_size(lfs, file));
  for (const char* key : {"sha256", "oid"}) {
    QUERN_ASSIGN(const std::string digest, lfs.string_or(key, ""));
    if (is_hex(digest, 64)) file.sha256 = digest;
  }
  return file;
}

std::optional<std::uint64_t> number_of(const std::string* text) {
  std::uint64_t n = 0;
  if (text == nullptr) return {};
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, n);
  if (parsed.ec != std::errc() || parsed.ptr != end) return {};
  return n;
}

/// An entity tag without W/ and quotes.
std::string_view bare_tag(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
    tag = tag.substr(1, tag.size() - 2);
  }
  return tag;
}

/// The length as the beginning of a transfer states it. Some mirrors say it there alone.
Result<std::uint64_t> probe_size(HubClient& client, const std::string& url) {
  for (int i = 1;; ++i) {
    std::optional<std::uint64_t> size;
    const net::HttpSink sink{
        .on_answer = [&](const net::HttpAnswer& answer) -> Status {
          size = number_of(answer.last().find("content-length"));
          if (answer.last().status == 206) {
            const std::string* range = answer.last().find("content-range");
            const std::string total = range == nullptr ? "" : range->substr(range->rfind('/') + 1);
            size = number_of(&total);
          }
          return {Code::kCancelled, "that was all"};  // The body itself is not wanted.
        },
        .on_body = {}};
    net::HttpOutcome outcome = client.fetch({.url = url, .headers = {"Range: bytes=0-0"}}, sink);
    if (size) return *size;
    if (outcome.failure->status.message() == "that was all") {
      return {Code::kBadInput,
              fmt::format("{} does not say how long '{}' is", client.access().endpoint, url)};
    }
    QUERN_TRY(client.wait_before(i, outcome));
  }
}

}  // namespace

Result<Listing> parse_listing(std::string_view text) {
  QUERN_ASSIGN(const formats::JsonObject json,
               formats::JsonObject::parse(text, "the hub's listing"));
  Listing out;
  QUERN_ASSIGN(out.commit, json.string("sha"));
  if (out.commit.empty() || !std::all_of(out.commit.begin(), out.commit.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
      })) {
    return json.wrong("sha", "a commit");
  }
  if (!json.at("siblings").is_array()) return json.wrong("siblings", "an array of files");
  std::set<std::string> seen;
  for (const nlohmann::json& item : json.at("siblings")) {
    QUERN_ASSIGN(ListedFile file,
                 read_file_entry(item, fmt::format("{}: file {}", json.label(), out.files.size())));
    if (!seen.insert(file.path).second) {
      return {Code::kBadInput, fmt::format("the hub lists '{}' twice", file.path)};
    }
    out.files.push_back(std::move(file));
  }
  return out;
}

Result<Listing> fetch_listing(HubClient& client) {
  const std::string url = fmt::format(
      "{}/api/models/{}/revision/{}?blobs=true", client.access().endpoint,
      net::url_path(client.reference().repo), net::url_segment(client.reference().revision));
  QUERN_ASSIGN(const std::string text, client.get_text(url, kMaxListingBytes));
  return parse_listing(text).in(client.access().endpoint);
}

Status complete_file(HubClient& client, const std::string& commit, ListedFile& file) {
  if (file.n_bytes && !(file.sha256.empty() && file.git_sha1.empty())) return {};
  const std::string url = client.file_url(commit, file.path);
  QUERN_ASSIGN(const net::HttpAnswer answer, client.head(url));
  if (file.sha256.empty() && file.git_sha1.empty()) {
    // X-Linked-ETag is the hub's own word on a file that lies elsewhere, whose ETag is the store's.
    for (const char* name : {"x-linked-etag", "etag"}) {
      const std::string* tag = answer.hops.front().find(name);
      if (tag == nullptr) tag = answer.find(name);
      if (tag == nullptr) continue;
      take_digest(bare_tag(*tag), file);
      break;
    }
  }
  if (!file.n_bytes) file.n_bytes = number_of(answer.find("x-linked-size"));
  if (!file.n_bytes && answer.last().status == 200) {
    file.n_bytes = number_of(answer.last().find("content-length"));
  }
  if (!file.n_bytes) {
    QUERN_ASSIGN(file.n_bytes, probe_size(client, url));
  }
  return {};
}

}  // namespace quern::hub
