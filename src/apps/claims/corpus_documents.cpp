#include "apps/claims/corpus_documents.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "base/char_class.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "store/byte_cursor.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

// Of a passage: what a model of sentences takes in, and a reader at one glance.
constexpr std::size_t kPassageWords = 250;

// An abstract is one passage up to so many.
constexpr std::size_t kAbstractWords = 700;

std::size_t count_words(std::string_view text) {
  std::size_t n = 0;
  bool is_in_word = false;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ';
    n += !is_blank && !is_in_word ? 1 : 0;
    is_in_word = !is_blank;
  }
  return n;
}

std::string_view part(const std::string& text, ByteSpan span) {
  return std::string_view(text).substr(span.begin, span.end - span.begin);
}

/// A run of sentences.
struct PassageCut {
  std::size_t first = 0;
  std::size_t end = 0;
};

// Full passages, but none that is nearly empty behind a full one of the same chapter: the last two
// share what there is.
std::vector<PassageCut> cut_passages(const CorpusText& text, const ByteSpans& sentences) {
  std::vector<std::size_t> words;
  std::size_t n_all = 0;
  for (const ByteSpan& span : sentences) {
    words.push_back(count_words(part(text.text, span)));
    n_all += words.back();
  }
  std::vector<PassageCut> out;
  if (text.is_abstract && n_all <= kAbstractWords) {
    out.push_back({0, sentences.size()});
    return out;
  }
  std::size_t first = 0;
  auto chapter = text.chapters.begin();
  while (first < sentences.size()) {
    while (chapter != text.chapters.end() && *chapter <= sentences[first].begin) {
      ++chapter;
    }
    const std::size_t end_byte = chapter == text.chapters.end() ? text.text.size() : *chapter;
    std::size_t end = first, n_words = 0;
    while (end < sentences.size() && sentences[end].begin < end_byte) n_words += words[end++];
    // As many passages as it takes, of about the same length.
    std::size_t n_passages = (n_words + kPassageWords - 1) / kPassageWords;
    for (n_passages = std::max<std::size_t>(n_passages, 1); first < end; --n_passages) {
      const std::size_t wanted = n_passages <= 1 ? n_words : n_words / n_passages;
      std::size_t last = first, n_here = 0;
      while (last < end && (last == first || n_here + words[last] <= wanted || n_passages <= 1)) {
        n_here += words[last++];
      }
      out.push_back({first, last});
      n_words -= n_here;
      first = last;
    }
  }
  return out;
}

// With its chapter's heading, where it is the first of one.
std::size_t begin_of(const CorpusText& text, const ByteSpans& sentences, PassageCut cut) {
  const std::size_t first = sentences[cut.first].begin;
  const auto behind = std::upper_bound(text.chapters.begin(), text.chapters.end(), first);
  if (behind == text.chapters.begin()) return first;
  const std::size_t chapter = *std::prev(behind);
  const bool is_first_of_it = cut.first == 0 || sentences[cut.first - 1].begin < chapter;
  return is_first_of_it ? chapter : first;
}

std::string passage_key(const ClaimSource& source, std::size_t i_passage) {
  return fmt::format("{}{}{:07}", source.key, '\0', i_passage);
}

void append_text(std::string& out, std::string_view text) {
  store::append_varint(out, text.size());
  out += text;
}

std::string stored_passage(const CorpusText& text, const ByteSpans& sentences, PassageCut cut,
                           ByteSpan span) {
  std::string out;
  store::append_varint(out, kCorpusDocumentsVersion);
  append_text(out, text.source.title);
  append_text(out, text.source.url);
  append_text(out, text.source.date);
  append_text(out, text.source.licence);
  store::append_varint(out, span.begin);
  store::append_varint(out, cut.first);
  store::append_varint(out, cut.end - cut.first);
  std::size_t at = span.begin;
  for (std::size_t i = cut.first; i < cut.end; ++i) {
    store::append_varint(out, sentences[i].begin - at);
    store::append_varint(out, sentences[i].end - sentences[i].begin);
    at = sentences[i].end;
  }
  return out;
}

// "2020" and "2020-05" are their first days; what is no date is none to filter by.
std::optional<std::int64_t> day_of(std::string_view date) {
  std::string whole(date);
  if (date.size() == 4) whole += "-01-01";
  if (date.size() == 7) whole += "-01";
  const Result<std::int64_t> seconds = store::seconds_from_date(whole);
  if (!seconds.ok()) return {};
  return *seconds;
}

std::vector<store::AttributeValue> attributes_of(const ClaimSource& source, const char* kind) {
  std::vector<store::AttributeValue> out;
  out.push_back({.i_attribute = kKindAttributeOfCorpus, .text = kind});
  if (const auto day = day_of(source.date)) {
    out.push_back({.i_attribute = kDateAttributeOfCorpus, .text = {}, .number = *day});
  }
  if (!source.licence.empty() && source.licence.size() <= 256) {
    out.push_back({.i_attribute = kLicenceAttributeOfCorpus, .text = source.licence});
  }
  return out;
}

store::Document document_of(const ClaimSource& source, std::string key, const char* kind) {
  store::Document out;
  out.key = std::move(key);
  out.n_parent = static_cast<std::uint32_t>(source.key.size());
  out.attributes = attributes_of(source, kind);
  return out;
}

// One blank for each run of them: the same sentence, however its lines were wrapped.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ';
    if (is_blank && (out.empty() || out.back() == ' ')) continue;
    out += is_blank ? ' ' : c;
  }
  return out;
}

Status check_fact(const char* name, const std::string& value) {
  if (value.size() <= kMaxSourceFactBytes) return {};
  return {Code::kTooLarge,
          fmt::format("its {} has {} bytes, {} at most", name, value.size(), kMaxSourceFactBytes)};
}

}  // namespace

bool says_something(std::string_view sentence) {
  for (std::size_t at = 0; at < sentence.size();) {
    const Decoded c = decode_utf8(sentence, at);
    if (is_letter(c.code) || is_number(c.code)) return true;
    at += static_cast<std::size_t>(c.n_bytes);
  }
  return false;
}

Status check_source_text(std::string_view text) {
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    return {Code::kBadInput, fmt::format("byte {} is NUL: it is no text", nul + 1)};
  }
  if (!is_valid_utf8(text)) return {Code::kBadInput, "it is not UTF-8"};
  if (!says_something(text)) return {Code::kBadInput, "it has no letter or digit"};
  return {};
}

Status check_corpus_text(const CorpusText& text) {
  const std::string& key = text.source.key;
  if (key.empty()) return {Code::kBadInput, "it has no id"};
  if (key.size() > kMaxSourceKeyBytes) {
    return {Code::kTooLarge,
            fmt::format("its id has {} bytes, {} at most", key.size(), kMaxSourceKeyBytes)};
  }
  if (key.find('\0') != std::string::npos) return {Code::kBadInput, "its id has a NUL byte"};
  QUERN_TRY(check_fact("title", text.source.title));
  QUERN_TRY(check_fact("url", text.source.url));
  QUERN_TRY(check_fact("date", text.source.date));
  QUERN_TRY(check_fact("licence", text.source.licence));
  if (text.text.size() > kMaxSourceBytes) {
    return {Code::kTooLarge,
            fmt::format("it has {} bytes, {} at most", text.text.size(), kMaxSourceBytes)};
  }
  return check_source_text(text.text);
}

std::string digest_of(const CorpusText& text) {
  std::string facts;
  store::append_varint(facts, kCorpusDocumentsVersion);
  for (const std::string* fact : {&text.source.key, &text.source.title, &text.source.url,
                                  &text.source.date, &text.source.licence, &text.text}) {
    append_text(facts, *fact);
  }
  store::append_varint(facts, text.sentences.size());
  for (const ByteSpan& span : text.sentences) {
    store::append_varint(facts, span.begin);
    store::append_varint(facts, span.end);
  }
  store::append_varint(facts, text.is_abstract ? 1 : 0);
  for (const std::size_t begin : text.chapters) store::append_varint(facts, begin);
  Sha256 sha;
  sha.add(store::bytes_of(facts));
  const Sha256Digest digest = sha.digest();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

CorpusDocuments documents_of(const CorpusText& text) {
  const ByteSpans sentences =
      text.sentences.empty() ? text::sentences_of(text.text) : text.sentences;
  CorpusDocuments out;
  std::unordered_set<std::string> seen;
  for (const PassageCut& cut : cut_passages(text, sentences)) {
    const ByteSpan span = {begin_of(text, sentences, cut), sentences[cut.end - 1].end};
    const std::string key = passage_key(text.source, out.n_passages++);
    store::Document passage = document_of(text.source, key, "passage");
    std::string field = text.source.title;
    if (!field.empty()) field += '\n';
    field += part(text.text, span);
    passage.fields = {std::move(field), ""};
    passage.stored = stored_passage(text, sentences, cut, span);
    out.documents.push_back(std::move(passage));
    for (std::size_t i = cut.first; i < cut.end; ++i) {
      const std::string_view said = part(text.text, sentences[i]);
      if (!says_something(said)) continue;
      if (!seen.insert(squeezed(said)).second) {
        ++out.n_repeated;
        continue;
      }
      store::Document sentence =
          document_of(text.source, fmt::format("{}{:07}", sentences_prefix(key), i), "sentence");
      sentence.fields = {"", std::string(said)};
      out.documents.push_back(std::move(sentence));
      ++out.n_sentences;
    }
  }
  return out;
}

Result<StoredPassage> passage_from_stored(std::string_view key, std::string_view field,
                                          std::string_view stored) {
  const auto damaged = [&]() -> Status {
    return {Code::kBadInput,
            fmt::format("'{}' is no passage of a corpus", store::printable_key(key))};
  };
  store::ByteCursor cursor(store::bytes_of(stored));
  StoredPassage out;
  const std::uint64_t version = cursor.varint();
  for (std::string* fact :
       {&out.source.title, &out.source.url, &out.source.date, &out.source.licence}) {
    *fact = cursor.text(cursor.varint());
  }
  const std::size_t n_title = out.source.title.empty() ? 0 : out.source.title.size() + 1;
  if (!cursor.is_ok() || version != kCorpusDocumentsVersion || n_title > field.size() ||
      key.find('\0') == std::string_view::npos) {
    return damaged();
  }
  out.source.key = key.substr(0, key.find('\0'));
  out.text = field.substr(n_title);
  out.span.begin = cursor.varint();
  out.span.end = out.span.begin + out.text.size();
  const std::uint64_t first = cursor.varint();
  const std::uint64_t n_sentences = cursor.varint();
  std::uint64_t at = out.span.begin;
  for (std::uint64_t i = 0; i < n_sentences && cursor.is_ok(); ++i) {
    const std::uint64_t gap = cursor.varint();
    const std::uint64_t n_bytes = cursor.varint();
    if (gap > out.span.end - at || n_bytes > out.span.end - at - gap) return damaged();
    out.sentences.push_back({.i_sentence = static_cast<std::uint32_t>(first + i),
                             .span = {at + gap, at + gap + n_bytes}});
    at += gap + n_bytes;
  }
  if (!cursor.is_ok() || cursor.n_left() > 0) return damaged();
  return out;
}

std::string sentences_prefix(std::string_view passage_key) {
  std::string out(passage_key);
  out.push_back('\0');
  return out;
}

Result<std::uint32_t> sentence_of_key(std::string_view key) {
  const std::size_t at = key.rfind('\0');
  const std::string_view digits =
      at == std::string_view::npos ? std::string_view() : key.substr(at + 1);
  std::uint32_t i = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), i);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
    return {Code::kBadInput,
            fmt::format("'{}' is no sentence of a corpus", store::printable_key(key))};
  }
  return i;
}

std::string passage_name(std::string_view passage_key) {
  const std::size_t at = passage_key.find('\0');
  if (at == std::string_view::npos) return std::string(passage_key);
  const Result<std::uint32_t> i = sentence_of_key(passage_key);
  return fmt::format("{}#{}", passage_key.substr(0, at), i.ok() ? *i : 0);
}

}  // namespace quern::apps
