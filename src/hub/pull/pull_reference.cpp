#include "hub/pull/pull_reference.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/edit_distance.h"
#include "hub/known_models.h"

namespace quern::hub {
namespace {

constexpr std::size_t kMaxPartBytes = 96;  // The hub's own limit.
constexpr std::string_view kForm = "NAME or hf:ORG/REPO, then [@REVISION] and [:FILE]";

Status wrong(std::string_view text, std::string_view why) {
  return {Code::kBadInput, fmt::format("'{}' {}, want {}", text, why, kForm)};
}

bool is_repo_part(std::string_view part) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  return !part.empty() && part.size() <= kMaxPartBytes && part.front() != '.' &&
         part.find("..") == part.npos && std::all_of(part.begin(), part.end(), fits);
}

bool is_repo(std::string_view repo) {
  const std::size_t slash = repo.find('/');
  return slash == repo.npos
             ? is_repo_part(repo)
             : is_repo_part(repo.substr(0, slash)) && is_repo_part(repo.substr(slash + 1));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

/// "https://huggingface.co/ORG/REPO[/tree/REV | /blob/REV/FILE | /resolve/REV/FILE]" in our form.
std::string without_address(std::string_view text) {
  constexpr std::string_view kSite = "https://huggingface.co/";
  if (!text.starts_with(kSite)) return std::string(text);
  text.remove_prefix(kSite.size());
  text = text.substr(0, text.find_first_of("?#"));
  while (text.ends_with('/')) text.remove_suffix(1);
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::string out = "hf:" + std::string(parts[0]);
  if (parts.size() > 1) out += fmt::format("/{}", parts[1]);
  if (parts.size() > 3) out += fmt::format("@{}", parts[3]);
  if (parts.size() > 4) out += fmt::format(":{}", fmt::join(parts.begin() + 4, parts.end(), "/"));
  return out;
}

Result<std::string> repo_of_name(std::string_view name) {
  if (const KnownModel* known = find_known_model(name)) return std::string(known->repo);
  std::string message = fmt::format("no known model '{}'", name);
  const std::vector<std::string> near = nearest_names(name, known_model_names(), 3);
  if (!near.empty()) message += fmt::format("; did you mean {}", fmt::join(near, " or "));
  return {Code::kNotFound, message + " (any other is hf:ORG/REPO)"};
}

}  // namespace

Result<PullReference> parse_pull_reference(std::string_view text) {
  std::string whole = without_address(text);
  std::string_view rest = whole;
  if (rest.find("://") != rest.npos) return wrong(text, "is no address of huggingface.co");
  const bool is_hub = rest.starts_with("hf:");
  if (is_hub) rest.remove_prefix(3);
  PullReference out;
  if (const std::size_t colon = rest.find(':'); colon != rest.npos) {
    out.file = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (out.file.empty() || has_control(out.file)) return wrong(text, "names no file behind ':'");
  }
  if (const std::size_t at = rest.find('@'); at != rest.npos) {
    out.revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (out.revision.empty() || has_control(out.revision) ||
        out.revision.find("..") != std::string::npos) {
      return wrong(text, "names no revision behind '@'");
    }
  }
  if (!is_repo(rest)) return wrong(text, "is no name of a model or repository");
  out.repo = rest;
  if (!is_hub && rest.find('/') == rest.npos) {
    QUERN_ASSIGN(out.repo, repo_of_name(rest));
  }
  return out;
}

}  // namespace quern::hub
