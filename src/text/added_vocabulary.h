// The front of every tokenizer: added tokens are taken out of the raw text, the text between them
// is normalised, and added tokens of that are taken out too; the rest is left to the model.
// Source: huggingface/tokenizers, AddedVocabulary::extract_and_normalize.

#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/utf8.h"
#include "text/added_tokens.h"

namespace quern::text {

class AddedVocabulary {
 public:
  /// `normalize(std::string_view text, std::string& storage)` returns the normal form of `text`:
  /// a view of `text` itself or of `storage`.
  template <typename Normalize>
  AddedVocabulary(const std::vector<AddedToken>& added, const Normalize& normalize) {
    std::vector<AddedToken> raw;
    std::vector<AddedToken> normal;
    for (const AddedToken& token : added) {
      contents_.emplace(token.id, token.content);
      n_vocab_ = std::max(n_vocab_, token.id + 1);
      (token.normalized ? normal : raw).push_back(token);
      if (!token.normalized) continue;
      std::string storage;
      normal.back().content = std::string(normalize(token.content, storage));
    }
    raw_ = AddedTokens(raw);
    normal_ = AddedTokens(normal);
  }

  /// Appends the ids of added tokens in `utf8` to `out`, and calls `encode_text(text, is_start)`
  /// for the normalised, well-formed, non-empty text between; is_start at the front of the text.
  template <typename Normalize, typename EncodeText>
  void encode(std::string_view utf8, SpecialsRule rule, const Normalize& normalize,
              const EncodeText& encode_text, std::vector<TokenId>& out) const {
    std::string repaired;
    std::string storage;
    std::vector<TextPart> parts;
    std::vector<TextPart> normal_parts;
    const std::string_view text = repair_utf8(utf8, repaired);
    // Bytes of a repaired text have moved; no prompt of ours needs repair.
    const ByteSpans all = {{0, text.size()}};
    const bool has_moved = !rule.plain.empty() && text.data() != utf8.data();
    const ByteSpans& plain = has_moved ? all : rule.plain;
    raw_.split(text, {rule.specials, plain}, parts);
    for (const TextPart& part : parts) {
      if (part.id >= 0) {
        out.push_back(part.id);
        continue;
      }
      const bool is_start = part.text.data() == text.data();
      const std::string_view normal = normalize(part.text, storage);
      normal_parts.clear();
      const ByteSpans normal_plain =
          spans_of_normal(text, part.text, plain, normalize, normal.size());
      normal_.split(normal, {rule.specials, normal_plain}, normal_parts);
      for (const TextPart& inner : normal_parts) {
        if (inner.id >= 0) {
          out.push_back(inner.id);
        } else {
          encode_text(inner.text, is_start && inner.text.data() == normal.data());
        }
      }
    }
  }

  /// The content of the added token `id`, or null.
  const std::string* find(TokenId id) const {
    const auto it = contents_.find(id);
    return it == contents_.end() ? nullptr : &it->second;
  }

  /// One more than the largest id; 0 without tokens.
  int n_vocab() const { return n_vocab_; }

  std::size_t resident_bytes() const {
    return raw_.resident_bytes() + normal_.resident_bytes() + contents_.size() * 64;
  }

 private:
  // Where the plain stretches of `part`, a view into `text`, lie in its normal form: the sum of the
  // lengths of the pieces' normal forms, each less what the normaliser puts in front of any text.
  // Where these do not add up to the `n_bytes` of the whole, all of it is taken for plain.
  template <typename Normalize>
  ByteSpans spans_of_normal(std::string_view text, std::string_view part, const ByteSpans& plain,
                            const Normalize& normalize, std::size_t n_bytes) const {
    if (plain.empty() || normal_.empty()) return {};
    std::string storage;
    const std::size_t n_letter = normalize(std::string_view("x"), storage).size();
    const std::size_t n_front = n_letter - std::min<std::size_t>(n_letter, 1);
    const auto begin = static_cast<std::size_t>(part.data() - text.data());
    ByteSpans out;
    std::size_t done = 0;
    std::size_t n_normal = n_front;
    const auto advance = [&](std::size_t place) {
      if (place > done) {
        const std::size_t n = normalize(part.substr(done, place - done), storage).size();
        n_normal += n - std::min(n, n_front);
      }
      done = place;
      return n_normal;
    };
    const ByteSpans inside = spans_within(plain, begin, begin + part.size());
    if (inside.empty()) return {};
    for (const ByteSpan& span : inside) {
      const std::size_t from = advance(span.begin);
      append_span(out, from, advance(span.end));
    }
    if (advance(part.size()) != n_bytes) return {{0, n_bytes}};
    return out;
  }

  AddedTokens raw_;
  AddedTokens normal_;
  std::unordered_map<TokenId, std::string> contents_;
  int n_vocab_ = 0;
};

}  // namespace quern::text
