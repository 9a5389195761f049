// Who cites whom, as a library's tables have it.

#pragma once

#include <cstdint>
#include <optional>

#include "apps/papers/paper_library.h"
#include "apps/papers/paper_tables.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

/// As PaperLibrary gives it.
KnownPaper known_paper(PaperRow row);

/// As PaperLibrary::citations and references. Errors: as SqlStatement::step; kBadInput for damage.
Result<LinkPage> read_citations(Sql& sql, std::int64_t corpus_id, std::uint64_t offset,
                                std::uint32_t n, const std::optional<DayRange>& published);
Result<LinkPage> read_references(Sql& sql, std::int64_t corpus_id, std::uint64_t offset,
                                 std::uint32_t n);
/// As PaperLibrary::known_references; who wrote them and when as the citing paper says, else as the
/// cited one does.
Result<std::vector<KnownReference>> read_known_references(Sql& sql, std::int64_t corpus_id);

}  // namespace quern::apps
