// The reader of what people ask a store: any bytes give a query that can be prepared, or an error.

#include "store/query_text.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern;
  using namespace quern::store;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  const Schema schema = {.fields = {{.name = "title", .analyzer = "english", .boost = 2},
                                    {.name = "code", .analyzer = "code"}}};
  std::vector<text::Analyzer> analyzers;
  for (const TextField& field : schema.fields) analyzers.emplace_back(field.analyzer);
  const std::vector<FieldStats> stats(2, {.n_docs = 100, .n_tokens = 1000});
  const auto df = [](int, std::string_view) -> Result<std::int64_t> { return std::int64_t{7}; };
  for (const QuerySyntax syntax : {QuerySyntax::kPlain, QuerySyntax::kOperators}) {
    auto query = query_from_text(text, schema, analyzers, syntax);
    if (!query.ok()) continue;
    for (const QueryClause& clause : query->clauses) QUERN_CHECK(!clause.parts.empty());
    const Status prepared = prepare({}, stats, df, *query);
    QUERN_CHECK(prepared.ok() || prepared.code() == Code::kBadInput);
  }
  return 0;
}
