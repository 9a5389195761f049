#include "apps/papers/paper_schema.h"

#include <charconv>

#include <fmt/format.h>

namespace quern::apps {
namespace {

constexpr std::size_t kParentDigits = 12;

// Boosts were chosen on citation sentences and the papers that they cite (docs/papers.md): who
// wrote a paper says as much as what it is about.
store::Schema schema_with(float of_papers, float of_passages) {
  using store::AttributeType;
  return {.fields = {{.name = "title", .analyzer = "english", .boost = 0.5f * of_papers},
                     {.name = "paper", .analyzer = "english", .boost = 0.5f * of_papers},
                     {.name = "authors", .analyzer = "english", .boost = of_papers},
                     {.name = "body", .analyzer = "english", .boost = of_papers},
                     {.name = "passage", .analyzer = "english", .boost = of_passages}},
          .attributes = {{.name = "kind", .type = AttributeType::kKeyword},
                         {.name = "published", .type = AttributeType::kDate},
                         {.name = "added", .type = AttributeType::kDate},
                         {.name = "venue", .type = AttributeType::kKeyword},
                         {.name = "field", .type = AttributeType::kKeyword},
                         {.name = "type", .type = AttributeType::kKeyword},
                         {.name = "author", .type = AttributeType::kKeyword},
                         {.name = "open", .type = AttributeType::kFlag}}};
}

}  // namespace

store::Schema paper_schema() { return schema_with(1, 1); }
store::Schema paper_search_schema() { return schema_with(1, 0); }
store::Schema passage_search_schema() { return schema_with(0, 1); }

std::string paper_parent(std::int64_t corpus_id) { return fmt::format("{:012x}", corpus_id); }

std::string paper_key(std::int64_t corpus_id) { return paper_parent(corpus_id) + "."; }

std::string paper_passage_key(std::int64_t corpus_id, std::uint32_t i) {
  return fmt::format("{}.{:06}", paper_parent(corpus_id), i);
}

Result<std::int64_t> corpus_id_of_key(std::string_view key) {
  std::int64_t id = 0;
  const std::string_view digits = key.substr(0, std::min(key.find('.'), key.size()));
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), id, 16);
  if (digits.size() == kParentDigits && read.ec == std::errc() &&
      read.ptr == digits.data() + digits.size()) {
    return id;
  }
  return {Code::kBadInput, fmt::format("'{}' is no paper's key", store::printable_key(key))};
}

std::string paper_text_to_embed(const std::vector<std::string>& fields) {
  return fields[kPassageField].empty() ? fields[kPaperField] : fields[kPassageField];
}

}  // namespace quern::apps
