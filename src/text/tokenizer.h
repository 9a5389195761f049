// Text <-> token ids. Immutable after construction, so one tokenizer serves all threads.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"
#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

/// What to do with text that spells a special token, such as "[SEP]" or "<|im_end|>".
enum class Specials {
  kAsText,   // Split it like any other text.
  kAsToken,  // Map it to the special id, as huggingface/tokenizers does.
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Appends the ids of `utf8` to `out`; adds no template tokens. Bytes that are not valid UTF-8
  /// become U+FFFD (one per maximal ill-formed run, as Python's errors="replace").
  /// Cost: O(n log n) in the bytes of `utf8`.
  void encode(std::string_view utf8, Specials specials, std::vector<TokenId>& out) const {
    encode(utf8, specials, {}, out);
  }

  /// The same, but no special token is taken out of text that touches the stretches `plain`: there
  /// it is split like any other text. The rest of the text is not cut at their ends.
  virtual void encode(std::string_view utf8, Specials specials, const ByteSpans& plain,
                      std::vector<TokenId>& out) const = 0;

  /// Appends the text of one token to `out` (WordPiece: with its "##").
  virtual void decode(TokenId id, std::string& out) const = 0;

  virtual int n_vocab() const = 0;

  /// Bytes of memory this tokenizer holds, for the ledger.
  virtual std::size_t resident_bytes() const = 0;
};

/// The fastest implementation that has the rules the spec asks for.
/// Errors: kUnsupported naming a component or regex that none has; kBadInput if vocabulary and
/// rules
///   contradict each other.
Result<std::unique_ptr<Tokenizer>> make_tokenizer(const TokenizerSpec& spec);

/// Ids ready for a model.
struct Encoding {
  std::vector<TokenId> ids;            // Template tokens included.
  std::vector<std::uint8_t> type_ids;  // Same length; segment 0 or 1.
  int n_dropped = 0;                   // Tokens cut off to fit max_tokens.
  int n_unpooled = 0;                  // At the front: a prompt's, which do not count.
  int n_unseen = 0;                    // At the end: tokens that see the others and are not seen.
  bool is_query = false;               // Of late interaction.
  // Where asked for: the stretch of text that each token stands for; of the template's own {}.
  std::vector<ByteSpan> spans = {};
};

/// A tokenizer with its template and truncation: what turns texts into model input.
class TextEncoder {
 public:
  /// Takes the parts it needs from `spec`. Errors: as make_tokenizer.
  static Result<TextEncoder> make(const TokenizerSpec& spec);

  /// max_tokens counts template tokens; 0 means no limit. Truncation cuts the text at `side`, the
  /// file's own without one (pairs: the longer of the two, token by token, as "longest_first").
  Encoding encode(std::string_view text, int max_tokens,
                  std::optional<TruncationSide> side = {}) const;
  Encoding encode_pair(std::string_view a, std::string_view b, int max_tokens,
                       std::optional<TruncationSide> side = {}) const;

  /// The same, and which bytes of the text each token stands for (token_spans.h).
  Encoding encode_located(std::string_view text, int max_tokens,
                          std::optional<TruncationSide> side = {}) const;

  /// The given ids with the template around them, truncated the same way.
  Encoding wrap(const std::vector<TokenId>& ids, int max_tokens,
                std::optional<TruncationSide> side = {}) const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  TruncationSide truncation_side() const { return side_; }
  bool has_pair_template() const { return !pair_.empty(); }
  /// True where a token of the template's own ends every text.
  bool has_end_token() const;
  /// What stands for what the vocabulary has not; -1: there is no such token.
  TokenId unknown_id() const { return unknown_id_; }
  std::size_t resident_bytes() const;

 private:
  void append_tokens(std::string_view text, std::vector<TokenId>& ids) const;

  std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<TemplatePiece> single_;
  std::vector<TemplatePiece> pair_;
  TruncationSide side_ = TruncationSide::kRight;
  TokenId dropped_id_ = -1;
  TokenId unknown_id_ = -1;
};

}  // namespace quern::text
