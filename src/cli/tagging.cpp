#include "cli/tagging.h"

#include <string_view>

#include <fmt/format.h>

#include "cli/json_line.h"
#include "engine/scoring/scores.h"
#include "engine/scoring/tags.h"

namespace quern::cli {
namespace {

std::string_view text_of(const engine::TextItem& item, const ByteSpan& bytes) {
  return std::string_view(item.text).substr(bytes.begin, bytes.end - bytes.begin);
}

void append_tags(const engine::TextItem& item, std::span<const engine::Tag> tags,
                 std::string& line) {
  line += '[';
  for (std::size_t i = 0; i < tags.size(); ++i) {
    line += i == 0 ? "{\"label\":" : ",{\"label\":";
    append_json_string(tags[i].label, line);
    line += ",\"score\":";
    append_json_number(tags[i].score, line);
    line +=
        fmt::format(",\"begin\":{},\"end\":{},\"text\":", tags[i].bytes.begin, tags[i].bytes.end);
    append_json_string(text_of(item, tags[i].bytes), line);
    line += '}';
  }
  line += ']';
}

}  // namespace

std::string tags_json(long index, const engine::TextItem& item, const engine::Outcome& outcome,
                      std::span<const std::string> labels) {
  std::string line = fmt::format("{{\"index\":{}", index);
  if (!outcome.status.ok()) {
    append_json_error(outcome.status, line);
    return line + "}";
  }
  const std::vector<engine::Tag> tokens = engine::token_tags(labels, outcome);
  line += ",\"spans\":";
  append_tags(item, engine::joined_tags(tokens), line);
  line += ",\"tokens\":";
  append_tags(item, tokens, line);
  line += fmt::format(",\"scale\":\"{}\",\"n_tokens\":{},\"truncated\":{}}}",
                      engine::scale_name(engine::Scale::kSoftmax), outcome.n_tokens,
                      outcome.n_dropped > 0);
  return line;
}

std::string tags_lines(const engine::TextItem& item, const engine::Outcome& outcome,
                       std::span<const std::string> labels) {
  if (!outcome.status.ok()) return "error\t\t\t\t\t" + in_one_line(item.text) + "\n";
  std::string out;
  for (const engine::Tag& tag : engine::joined_tags(engine::token_tags(labels, outcome))) {
    out += fmt::format("{}\t{:.4f}\t{}\t{}\t{}\t{}\n", tag.label, tag.score,
                       engine::scale_name(engine::Scale::kSoftmax), tag.bytes.begin, tag.bytes.end,
                       in_one_line(std::string(text_of(item, tag.bytes))));
  }
  return out;
}

}  // namespace quern::cli
