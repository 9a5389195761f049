// The definitions in a file as it is now.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apps/code/chunker.h"
#include "apps/code/code_files.h"
#include "base/status.h"
#include "store/store.h"

namespace quern::apps {

struct CodeOutline {
  std::string language;
  std::vector<Symbol> symbols;  // By their places; what lies in another comes behind it.
  std::string note;             // Why there are none; "" where there could be.
};

/// `path` is relative to the root. Errors: as read_source; kBadInput for what is no text.
Result<CodeOutline> outline_of_file(const std::string& root, const std::string& path,
                                    std::uint64_t max_bytes, Chunker& chunker);

struct CodeDigests {
  std::string all;                                             // SHA-256 in hex,
  std::map<std::string, std::string, std::less<>> files = {};  // and by path.
};

/// Of every piece, its place and its text: equal where two indexes hold the same, however they came
/// to it. Reads all texts. Errors: kBadInput for damage, kIo.
Result<CodeDigests> digests_of_code(const store::Generation& generation);

/// The facts of an index's tree. Errors: as SqlStatement::step.
Result<CodeTables> code_tables_of(store::Store& store);

}  // namespace quern::apps
