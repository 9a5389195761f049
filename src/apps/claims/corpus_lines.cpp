#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/claims/corpus_reader.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

// Lists and objects in each other: what is deeper is no source.
constexpr int kMaxDepth = 64;

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

// The first of some names that the object has with something in it.
const json* first_of(const json& object, std::initializer_list<const char*> names,
                     const char*& name) {
  for (const char* one : names) {
    const auto found = object.find(one);
    if (found == object.end() || found->is_null()) continue;
    name = one;
    return &*found;
  }
  return nullptr;
}

// A text, or a number as its digits; "" where there is none.
Result<std::string> fact_of(const json& object, std::initializer_list<const char*> names) {
  const char* name = "";
  const json* found = first_of(object, names, name);
  if (found == nullptr) return std::string();
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return found->dump();
  return bad(fmt::format("\"{}\" is neither text nor an integer", name));
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\f\v");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\f\v") + 1 - first);
}

// Sentences keep their numbers: one that is empty has its place, too.
Status read_sentences(const json& list, const char* name, CorpusText& out) {
  for (const json& one : list) {
    if (!one.is_string()) return bad(fmt::format("\"{}\" is no list of texts", name));
    const std::string_view sentence = without_blanks(one.get_ref<const std::string&>());
    if (!out.text.empty() && !sentence.empty()) out.text += ' ';
    const std::size_t begin = out.text.size();
    out.text += sentence;
    out.sentences.push_back({begin, out.text.size()});
  }
  return {};
}

Status read_text(const json& object, CorpusText& out) {
  const char* name = "";
  const json* found = first_of(object, {"text", "abstract", "body"}, name);
  if (found == nullptr) return bad("no \"text\", \"abstract\" or \"body\"");
  out.is_abstract = found->is_array() || name == std::string_view("abstract");
  if (found->is_array()) return read_sentences(*found, name, out);
  if (!found->is_string()) return bad(fmt::format("\"{}\" is neither text nor a list", name));
  out.text = found->get<std::string>();
  return {};
}

// Of a text that nobody gave a name: the same text has the same key.
std::string key_of_text(const CorpusText& text) {
  Sha256 sha;
  sha.add(store::bytes_of(text.source.title));
  sha.add(store::bytes_of(text.text));
  const Sha256Digest digest = sha.digest();
  std::string out = "text-";
  for (std::size_t i = 0; i < 8; ++i) {
    out += fmt::format("{:02x}", std::to_integer<unsigned>(digest[i]));
  }
  return out;
}

}  // namespace

Result<CorpusText> corpus_text_from_line(std::string_view line) {
  if (!is_valid_utf8(line)) return bad("it is not UTF-8");
  bool is_too_deep = false;
  const json object = json::parse(
      line,
      [&](int depth, json::parse_event_t, json&) {
        is_too_deep = is_too_deep || depth > kMaxDepth;
        return !is_too_deep;
      },
      /*allow_exceptions=*/false);
  if (is_too_deep) {
    return bad(fmt::format("lists and objects stand more than {} deep in each other", kMaxDepth));
  }
  if (!object.is_object()) return bad("not a JSON object");
  CorpusText out;
  QUERN_TRY(read_text(object, out));
  QUERN_ASSIGN(out.source.title, fact_of(object, {"title"}));
  QUERN_ASSIGN(out.source.url, fact_of(object, {"url"}));
  QUERN_ASSIGN(out.source.date, fact_of(object, {"date", "publication_date", "year"}));
  QUERN_ASSIGN(out.source.licence, fact_of(object, {"licence", "license"}));
  QUERN_ASSIGN(out.source.key, fact_of(object, {"id", "_id", "doc_id", "source", "url"}));
  if (out.source.key.empty()) out.source.key = key_of_text(out);
  return out;
}

}  // namespace quern::apps
