// A list of normalizers, run one after the other.
// Source: huggingface/tokenizers, normalizers/.

#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/bert/bert_normalizer.h"
#include "text/pipeline/charsmap.h"
#include "text/pipeline/matcher.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

class TextNormalizer {
 public:
  /// Errors: kUnsupported for a regex, kBadInput for a charsmap; they say which normalizer.
  static Result<TextNormalizer> make(const std::vector<Normalizer>& list);

  /// What one call needs; reused between calls.
  struct Scratch {
    explicit Scratch(RegexScratch& steps) : regex(steps) {}
    RegexScratch& regex;
    std::string other;        // The form that the step in work reads.
    bool lost_front = false;  // Set if the first character went without a successor.
  };

  /// The normal form of well-formed `text`: `text` itself without steps, else a view of `storage`.
  std::string_view normalize(std::string_view text, Scratch& scratch, std::string& storage) const;

  std::size_t resident_bytes() const;

 private:
  struct Replacing {
    Matcher matcher;
    std::string content;
  };
  using Step =
      std::variant<BertNormalizer, normalizers::UnicodeForm, normalizers::Lowercase,
                   normalizers::StripAccents, normalizers::Strip, Replacing, normalizers::Prepend,
                   normalizers::Nmt, Charsmap, normalizers::ByteLevel>;

  static Result<Step> make_step(const Normalizer& normalizer);
  static void run(const Step& step, std::string_view in, Scratch& scratch, std::string& out);

  std::vector<Step> steps_;
};

}  // namespace quern::text
