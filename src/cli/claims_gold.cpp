#include "cli/claims_gold.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cli/claims_output.h"

namespace quern::cli {

Result<std::vector<apps::GoldClaim>> read_gold(const std::string& path, std::size_t n_most) {
  QUERN_ASSIGN(ClaimSource source, ClaimSource::open(path));
  std::vector<apps::GoldClaim> out;
  while (n_most == 0 || out.size() < n_most) {
    QUERN_ASSIGN(const std::optional<apps::BatchLine> line, source.next());
    if (!line) break;
    QUERN_ASSIGN(
        out.emplace_back(),
        apps::gold_from_line(line->text).in(fmt::format("'{}' line {}", path, line->n_line)));
  }
  if (out.empty()) return {Code::kBadInput, fmt::format("'{}' has no claims", path)};
  return out;
}

bool needs_corpus(const std::vector<apps::GoldClaim>& gold) {
  return std::ranges::any_of(gold,
                             [](const apps::GoldClaim& claim) { return !claim.ask.evidence; });
}

}  // namespace quern::cli
