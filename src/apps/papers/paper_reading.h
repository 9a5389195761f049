// What reading an input gives: papers one after another, and why something is none.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "apps/papers/paper.h"
#include "base/status.h"

namespace quern::apps {

/// A paper, or why there is none here.
struct ReadPaper {
  Paper paper = {};
  // Which record it is: a later one of the same origin takes its place. For people, too:
  // "library.bib: vaswani2017", "papers.jsonl: 215416146", "attention.pdf".
  std::string origin = {};
  std::string input = {};   // SHA-256 of what it was read from, 32 bytes.
  Status status = {};       // Not ok: nothing of `paper` counts.
  bool is_known = false;    // What it is read from is as it was: it was not read.
  std::size_t n_bytes = 0;  // Of the input that it took.
};

/// Whether a paper was read from such an input before (ReadPaper::origin, ReadPaper::input).
using IsKnownPaper = std::function<bool(const std::string& origin, const std::string& input)>;

}  // namespace quern::apps
