#include "text/pipeline/bpe_model.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "text/bpe/byte_ids.h"
#include "text/bpe/byte_pieces.h"
#include "text/bpe/merge_table.h"
#include "text/piece_table.h"

namespace quern::text {
namespace {

class BpeModel : public WordModel {
 public:
  BpeModel(const TokenizerSpec& spec, PieceTable pieces, MergeTable merges)
      : rules_(spec.bpe),
        unk_id_(spec.unk_id),
        pieces_(std::move(pieces)),
        merges_(std::move(merges)) {
    for (const AddedToken& token : spec.added) {
      if (token.special) specials_.push_back(token.id);
    }
    std::sort(specials_.begin(), specials_.end());
    id_of_byte_ = ids_of_bytes(pieces_, append_byte_piece);
  }

  void encode(std::string_view word, WordScratch& scratch,
              std::vector<TokenId>& out) const override {
    if (rules_.ignore_merges) {
      const TokenId id = pieces_.find(word);
      if (id >= 0 && !std::binary_search(specials_.begin(), specials_.end(), id)) {
        out.push_back(id);
        return;
      }
    }
    append_symbols(word, scratch);
    scratch.merger.run(scratch.symbols, [&](const BpeSymbol& left, const BpeSymbol& right) {
      return merges_.find(left.id, right.id);
    });
    for (const BpeSymbol& symbol : scratch.symbols) out.push_back(symbol.id);
  }

  std::string_view piece(TokenId id) const override { return pieces_.piece(id); }
  int n_vocab() const override { return pieces_.n_pieces(); }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + pieces_.resident_bytes() + merges_.resident_bytes() +
           specials_.capacity() * sizeof(TokenId);
  }

 private:
  /// One symbol per character, in order; an unknown one waits, to be fused with the next, until a
  /// known one comes (byte pieces overtake it, as in the source).
  void append_symbols(std::string_view word, WordScratch& scratch) const {
    std::vector<BpeSymbol>& symbols = scratch.symbols;
    symbols.clear();
    bool has_unknown = false;
    const auto add = [&](TokenId id) { symbols.push_back({.id = id, .n_bytes = 1}); };
    for (std::size_t pos = 0; pos < word.size();) {
      const auto n = static_cast<std::size_t>(decode_utf8(word, pos).n_bytes);
      const std::string_view text = affixed(word, pos, n, scratch.affixed);
      pos += n;
      if (const TokenId id = pieces_.find(text); id >= 0) {
        if (std::exchange(has_unknown, false)) add(unk_id_);
        add(id);
      } else if (rules_.byte_fallback && has_bytes(text)) {
        for (const char c : text) add(id_of_byte_[static_cast<unsigned char>(c)]);
      } else if (unk_id_ >= 0) {
        if (has_unknown && !rules_.fuse_unk) add(unk_id_);
        has_unknown = true;
      }
    }
    if (has_unknown) add(unk_id_);
  }

  /// The character at `pos` with what the rules put before and behind it.
  std::string_view affixed(std::string_view word, std::size_t pos, std::size_t n,
                           std::string& storage) const {
    const std::string_view text = word.substr(pos, n);
    const bool has_prefix = pos > 0 && !rules_.continuing_prefix.empty();
    const bool has_suffix = pos + n == word.size() && !rules_.end_suffix.empty();
    if (!has_prefix && !has_suffix) return text;
    storage.clear();
    if (has_prefix) storage += rules_.continuing_prefix;
    storage += text;
    if (has_suffix) storage += rules_.end_suffix;
    return storage;
  }

  bool has_bytes(std::string_view text) const {
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return id_of_byte_[static_cast<unsigned char>(c)] >= 0; });
  }

  const BpeRules rules_;
  const TokenId unk_id_;
  const PieceTable pieces_;
  const MergeTable merges_;
  std::vector<TokenId> specials_;  // In order.
  std::array<TokenId, 256> id_of_byte_{};
};

}  // namespace

Result<std::unique_ptr<WordModel>> make_bpe_model(const TokenizerSpec& spec) {
  if (spec.merges.empty() && !spec.scores.empty()) {
    return {Code::kUnsupported, "BPE by scores is only supported with SentencePiece's rules"};
  }
  PieceTable pieces(spec.vocab);
  QUERN_ASSIGN(MergeTable merges,
               MergeTable::make(spec.merges, pieces, spec.bpe.continuing_prefix.size()));
  return std::unique_ptr<WordModel>(
      std::make_unique<BpeModel>(spec, std::move(pieces), std::move(merges)));
}

}  // namespace quern::text
