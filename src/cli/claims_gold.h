// Claims with labels, read from a file for `quern claims fit` and `eval`.

#pragma once

#include <string>
#include <vector>

#include "apps/claims/gold_claims.h"
#include "base/status.h"

namespace quern::cli {

/// The first `n_most` of a file, 0: all. Errors: kNotFound, kIo; as gold_from_line with the line;
/// kBadInput for a file without claims.
Result<std::vector<apps::GoldClaim>> read_gold(const std::string& path, std::size_t n_most);

/// Any of them has its evidence looked for.
bool needs_corpus(const std::vector<apps::GoldClaim>& gold);

}  // namespace quern::cli
