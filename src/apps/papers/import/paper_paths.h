// Which files papers are read from.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/papers/import/paper_format.h"
#include "base/status.h"

namespace quern::apps {

struct PaperPath {
  std::string path;  // "-": standard input.
  PaperFormat format = PaperFormat::kText;
  std::uint64_t n_bytes = 0;
  Status status = {};  // Not ok: why it cannot be read.
};

/// Files of paths, in order, those of a folder by their names. Errors: as PaperReader::open.
Result<std::vector<PaperPath>> list_paper_paths(const std::vector<std::string>& paths,
                                                PaperFormat format);

}  // namespace quern::apps
