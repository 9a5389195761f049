// One result as a row on disk: docs/cache.md has the byte table.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "engine/cache/result_key.h"
#include "engine/cache/stored_result.h"

namespace quern::engine {

/// The result's bytes behind a head with their number, their kinds and a checksum over them and the
/// key, so that a row that came to stand under another key is seen too.
std::string disk_row(const ResultKey& key, const StoredResult& result);

/// Errors: kBadInput, naming what is wrong with the row.
Result<StoredResult> parse_disk_row(const ResultKey& key, std::span<const std::byte> row);

}  // namespace quern::engine
