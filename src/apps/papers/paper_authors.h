// The authors of a library's papers, as its tables have them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/papers/paper_library.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

/// As PaperLibrary::authors, search_authors and papers_of_author. Errors: as SqlStatement::step;
/// kBadInput for damage.
Result<std::optional<KnownAuthor>> read_author(Sql& sql, const std::string& id);
Result<AuthorPage> find_authors(Sql& sql, std::string_view text, std::uint64_t offset,
                                std::uint32_t n);
Result<std::vector<std::int64_t>> read_papers_of_author(Sql& sql, const std::string& id);

}  // namespace quern::apps
