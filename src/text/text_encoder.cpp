// TextEncoder of text/tokenizer.h: template and truncation.
// Source: huggingface/tokenizers, TemplateProcessing and truncate_encodings.

#include <algorithm>
#include <array>
#include <span>

#include "base/check.h"
#include "base/profiler.h"
#include "text/token_spans.h"
#include "text/tokenizer.h"

namespace quern::text {
namespace {

using Piece = TemplatePiece;
using Ids = std::span<const TokenId>;

std::size_t n_fixed(const std::vector<Piece>& pieces) {
  return static_cast<std::size_t>(std::count_if(
      pieces.begin(), pieces.end(), [](const Piece& p) { return p.kind == Piece::Kind::kToken; }));
}

// How many tokens of each text stay when `room` are allowed together: the longer is cut first, and
// of two that are both cut the second keeps the odd one (the first, if it was the longer).
std::array<std::size_t, 2> kept_of_pair(std::size_t n_a, std::size_t n_b, std::size_t room) {
  if (n_a + n_b <= room) return {n_a, n_b};
  const bool swapped = n_a > n_b;
  std::size_t shorter = std::min(n_a, n_b);
  std::size_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = shorter + room % 2;
  }
  return swapped ? std::array{longer, shorter} : std::array{shorter, longer};
}

Ids kept_of(Ids ids, std::size_t n, TruncationSide side) {
  return side == TruncationSide::kLeft ? ids.last(n) : ids.first(n);
}

Encoding fill(const std::vector<Piece>& pieces, Ids a, Ids b) {
  Encoding out;
  out.ids.reserve(pieces.size() + a.size() + b.size());
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Piece::Kind::kToken:
        out.ids.push_back(piece.id);
        break;
      case Piece::Kind::kTextA:
        out.ids.insert(out.ids.end(), a.begin(), a.end());
        break;
      case Piece::Kind::kTextB:
        out.ids.insert(out.ids.end(), b.begin(), b.end());
        break;
    }
    out.type_ids.resize(out.ids.size(), piece.type_id);
  }
  return out;
}

// Tokens of text that fit beside the template's own.
std::size_t room_in(const std::vector<Piece>& pieces, int max_tokens) {
  if (max_tokens <= 0) return SIZE_MAX;
  const auto max = static_cast<std::size_t>(max_tokens);
  return max - std::min(max, n_fixed(pieces));
}

Status check_template(const std::vector<Piece>& pieces, const char* name, int n_vocab,
                      std::size_t n_texts) {
  if (pieces.empty()) return {};
  std::size_t n_a = 0;
  std::size_t n_b = 0;
  for (const Piece& p : pieces) {
    n_a += p.kind == Piece::Kind::kTextA;
    n_b += p.kind == Piece::Kind::kTextB;
    if (p.kind == Piece::Kind::kToken && (p.id < 0 || p.id >= n_vocab)) {
      return {Code::kBadInput, std::string("template '") + name + "' has token " +
                                   std::to_string(p.id) + ", the vocabulary has " +
                                   std::to_string(n_vocab)};
    }
  }
  if (n_a != 1 || n_b != n_texts - 1) {
    return {Code::kBadInput, std::string("template '") + name + "' must hold each text once"};
  }
  return {};
}

}  // namespace

Result<TextEncoder> TextEncoder::make(const TokenizerSpec& spec) {
  TextEncoder encoder;
  QUERN_ASSIGN(encoder.tokenizer_, make_tokenizer(spec));
  const int n_vocab = encoder.tokenizer_->n_vocab();
  QUERN_TRY(check_template(spec.single, "single", n_vocab, 1));
  QUERN_TRY(check_template(spec.pair, "pair", n_vocab, 2));
  encoder.single_ = spec.single;
  if (encoder.single_.empty()) encoder.single_ = {{.kind = Piece::Kind::kTextA}};
  encoder.pair_ = spec.pair;
  encoder.side_ = spec.truncation_side;
  encoder.unknown_id_ = spec.unk_id;
  if (spec.drops_unknown) encoder.dropped_id_ = spec.unk_id;
  return encoder;
}

void TextEncoder::append_tokens(std::string_view text, std::vector<TokenId>& ids) const {
  const StageTimer timer(Stage::kTokenise);
  const auto n_before = static_cast<std::ptrdiff_t>(ids.size());
  tokenizer_->encode(text, Specials::kAsToken, ids);
  if (dropped_id_ < 0) return;
  ids.erase(std::remove(ids.begin() + n_before, ids.end(), dropped_id_), ids.end());
}

Encoding TextEncoder::encode(std::string_view text, int max_tokens,
                             std::optional<TruncationSide> side) const {
  std::vector<TokenId> ids;
  append_tokens(text, ids);
  return wrap(ids, max_tokens, side);
}

Encoding TextEncoder::encode_located(std::string_view text, int max_tokens,
                                     std::optional<TruncationSide> side) const {
  std::vector<TokenId> ids;
  append_tokens(text, ids);
  const std::vector<ByteSpan> spans = token_spans(*tokenizer_, unknown_id_, text, ids);
  Encoding out = wrap(ids, max_tokens, side);
  const std::size_t n_kept = ids.size() - static_cast<std::size_t>(out.n_dropped);
  const bool cuts_left = side.value_or(side_) == TruncationSide::kLeft;
  const auto first = static_cast<std::ptrdiff_t>(cuts_left ? ids.size() - n_kept : 0);
  const auto at_text = std::find_if(single_.begin(), single_.end(),
                                    [](const Piece& p) { return p.kind == Piece::Kind::kTextA; });
  out.spans.resize(out.ids.size());
  std::copy_n(spans.begin() + first, n_kept, out.spans.begin() + (at_text - single_.begin()));
  return out;
}

Encoding TextEncoder::encode_pair(std::string_view a, std::string_view b, int max_tokens,
                                  std::optional<TruncationSide> side) const {
  QUERN_CHECK(has_pair_template());
  std::vector<TokenId> ids;
  append_tokens(a, ids);
  const std::size_t n_a = ids.size();
  append_tokens(b, ids);
  const std::size_t n_b = ids.size() - n_a;
  const auto [keep_a, keep_b] = kept_of_pair(n_a, n_b, room_in(pair_, max_tokens));
  const TruncationSide cut = side.value_or(side_);
  Encoding out = fill(pair_, kept_of(Ids(ids).first(n_a), keep_a, cut),
                      kept_of(Ids(ids).subspan(n_a), keep_b, cut));
  out.n_dropped = static_cast<int>(n_a + n_b - keep_a - keep_b);
  return out;
}

Encoding TextEncoder::wrap(const std::vector<TokenId>& ids, int max_tokens,
                           std::optional<TruncationSide> side) const {
  const std::size_t n_kept = std::min(ids.size(), room_in(single_, max_tokens));
  Encoding out = fill(single_, kept_of(ids, n_kept, side.value_or(side_)), {});
  out.n_dropped = static_cast<int>(ids.size() - n_kept);
  return out;
}

bool TextEncoder::has_end_token() const { return single_.back().kind == Piece::Kind::kToken; }

std::size_t TextEncoder::resident_bytes() const {
  return sizeof(*this) + tokenizer_->resident_bytes() +
         (single_.capacity() + pair_.capacity()) * sizeof(TemplatePiece);
}

}  // namespace quern::text
