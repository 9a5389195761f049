// A source text to chunks and symbols by its language's grammar: what a worker process does with
// each file.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "apps/code/code_chunk.h"
#include "apps/code/definitions.h"
#include "apps/code/grammars.h"
#include "base/status.h"

struct TSParser;

namespace quern::apps {

/// Threads: one.
class SyntaxChunker {
 public:
  explicit SyntaxChunker(const std::string& grammars_folder);
  ~SyntaxChunker();
  SyntaxChunker(const SyntaxChunker&) = delete;
  SyntaxChunker& operator=(const SyntaxChunker&) = delete;

  /// Errors: as Grammars::find; kDeadline where parsing takes longer than `time_limit`.
  Result<ChunkedCode> chunk(std::string_view language, std::string_view text, const CutSizes& sizes,
                            std::chrono::microseconds time_limit);

 private:
  Result<const DefinitionRules*> rules(std::string_view language, const TSLanguage& grammar);

  Grammars grammars_;
  TSParser* parser_ = nullptr;
  std::map<std::string, std::unique_ptr<DefinitionRules>, std::less<>> rules_;
};

}  // namespace quern::apps
