// How far a run over a file of texts has come, kept beside its unfinished output so that the same
// command can go on after the process was ended: docs/cli.md, "Runs that were cut off".

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace quern::cli {

/// What decides the bytes of an output beside its texts: names and values, in a fixed order.
using RunFacts = std::vector<std::pair<std::string, std::string>>;

struct Checkpoint {
  RunFacts facts;
  long n_texts = 0;                  // Whose rows are on the disk, from the first on.
  std::uint64_t texts_checksum = 0;  // Of those texts.
  std::string file;                  // Their file: where it was, how long, of when.
  std::int64_t file_bytes = 0;
  std::int64_t file_mtime_ns = 0;
  std::int64_t out_bytes = 0;      // Of the output,
  std::uint64_t out_checksum = 0;  // and their checksum, what is written at the end left out.
  long n_failed = 0;
  long n_truncated = 0;
  long n_tokens = 0;
  long n_dropped = 0;

  bool operator==(const Checkpoint&) const = default;
};

std::string checkpoint_text(const Checkpoint& checkpoint);

/// Errors: kBadInput for anything that checkpoint_text did not write.
Result<Checkpoint> parse_checkpoint(std::string_view text);

/// "--dimensions was 4 and is 8", or "" where all are the same.
std::string first_difference(const RunFacts& before, const RunFacts& now);

}  // namespace quern::cli
