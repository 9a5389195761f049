#include "text/bpe/sentence_piece_tokenizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "text/added_vocabulary.h"
#include "text/bpe/byte_ids.h"
#include "text/bpe/byte_pieces.h"
#include "text/bpe/merge_table.h"
#include "text/word_cache.h"

namespace quern::text {
namespace {

constexpr std::string_view kSpace = kSpaceMark;

// Scores as ranks: the higher score has the smaller rank.
std::uint32_t rank_of_score(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // -0 becomes 0.
  return bits & 0x80000000u ? bits : 0x7FFFFFFFu - bits;
}

// True if a space may follow something else inside a piece; then merges cross words.
bool has_inner_space(std::string_view piece) {
  while (piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
  return piece.find(kSpace) != std::string_view::npos;
}

class SentencePieceTokenizer : public Tokenizer {
  // First, for its type is deduced.
  auto normalize() const {
    return [this](std::string_view text, std::string& storage) -> std::string_view {
      if (rules_.space_prefix == SpacePrefix::kTextStart) return text;  // Written later.
      write_spaces(text, rules_.space_prefix == SpacePrefix::kEveryPart, storage);
      return storage;
    };
  }

 public:
  SentencePieceTokenizer(const TokenizerSpec& spec, const SentencePieceRules& rules,
                         PieceTable pieces, MergeTable merges)
      : rules_(rules),
        unk_id_(spec.unk_id),
        pieces_(std::move(pieces)),
        merges_(std::move(merges)),
        has_merges_(!spec.merges.empty()),
        splits_words_(std::none_of(spec.vocab.begin(), spec.vocab.end(), has_inner_space)),
        added_(spec.added, normalize()) {
    if (!has_merges_) {
      ranks_.reserve(spec.scores.size());
      for (const double score : spec.scores) {
        ranks_.push_back(rank_of_score(static_cast<float>(score)));
      }
    }
    id_of_byte_ = ids_of_bytes(pieces_, append_byte_piece);
  }

  using Tokenizer::encode;

  void encode(std::string_view utf8, Specials specials, const ByteSpans& plain,
              std::vector<TokenId>& out) const override {
    Scratch scratch(utf8.size());
    const auto encode_text = [&](std::string_view text, bool is_start) {
      if (rules_.space_prefix == SpacePrefix::kTextStart) {
        const bool has_prefix = is_start && text[0] != ' ' && !text.starts_with(kSpace);
        write_spaces(text, has_prefix, scratch.written);
        text = scratch.written;
      }
      while (!text.empty()) encode_word(next_word(text), scratch, out);
    };
    added_.encode(utf8, {specials, plain}, normalize(), encode_text, out);
  }

  void decode(TokenId id, std::string& out) const override {
    if (const std::string* content = added_.find(id)) {
      out += *content;
      return;
    }
    if (id < 0 || id >= pieces_.n_pieces()) return;
    std::string_view piece = pieces_.piece(id);
    if (const int byte = byte_of_piece(piece); byte >= 0) {
      out.push_back(static_cast<char>(byte));
      return;
    }
    for (std::size_t at; (at = piece.find(kSpace)) != std::string_view::npos;) {
      out.append(piece.substr(0, at)).push_back(' ');
      piece.remove_prefix(at + kSpace.size());
    }
    out += piece;
  }

  int n_vocab() const override { return std::max(pieces_.n_pieces(), added_.n_vocab()); }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + pieces_.resident_bytes() + merges_.resident_bytes() +
           ranks_.capacity() * sizeof(ranks_[0]) + added_.resident_bytes();
  }

 private:
  struct Scratch {
    explicit Scratch(std::size_t text_bytes) : cache(text_bytes) {}
    WordCache cache;
    BpeMerger merger;
    std::vector<BpeSymbol> symbols;
    std::string written;
  };

  static void write_spaces(std::string_view text, bool has_prefix, std::string& written) {
    written.clear();
    if (has_prefix) written += kSpace;
    for (const char c : text) c == ' ' ? written += kSpace : written += c;
  }

  // Cuts before each space that follows something else, where no piece spans such a place.
  std::string_view next_word(std::string_view& rest) const {
    std::size_t end = 0;
    while (rest.substr(end).starts_with(kSpace)) end += kSpace.size();
    end = splits_words_ ? rest.find(kSpace, end) : std::string_view::npos;
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(word.size());
    return word;
  }

  void encode_word(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const {
    const PieceHash hash = hash_of(word);
    if (scratch.cache.append_if_known(word, hash, out)) return;
    const std::size_t n_before = out.size();
    scratch.symbols.clear();
    for (std::size_t pos = 0; pos < word.size();) {
      const int n = decode_utf8(word, pos).n_bytes;
      scratch.symbols.push_back({.id = pieces_.find(word.substr(pos, static_cast<std::size_t>(n))),
                                 .begin = static_cast<std::uint32_t>(pos),
                                 .n_bytes = static_cast<std::uint32_t>(n)});
      pos += static_cast<std::size_t>(n);
    }
    scratch.merger.run(scratch.symbols, [&](const BpeSymbol& left, const BpeSymbol& right) {
      return merge_of(word, left, right);
    });
    for (const BpeSymbol& symbol : scratch.symbols) append_symbol(word, symbol, n_before, out);
    scratch.cache.add(word, hash, std::span(out).subspan(n_before));
  }

  Merge merge_of(std::string_view word, const BpeSymbol& left, const BpeSymbol& right) const {
    if (has_merges_) {
      return left.id < 0 || right.id < 0 ? Merge{} : merges_.find(left.id, right.id);
    }
    const std::size_t n_bytes = left.n_bytes + right.n_bytes;
    if (n_bytes > pieces_.longest_bytes()) return {};
    const TokenId id = pieces_.find(word.substr(left.begin, n_bytes));
    if (id < 0) return {};
    return {ranks_[static_cast<std::size_t>(id)], id};
  }

  void append_symbol(std::string_view word, const BpeSymbol& symbol, std::size_t n_before,
                     std::vector<TokenId>& out) const {
    if (symbol.id >= 0) {
      out.push_back(symbol.id);
      return;
    }
    const std::string_view bytes = word.substr(symbol.begin, symbol.n_bytes);
    const bool has_bytes =
        rules_.byte_fallback && std::all_of(bytes.begin(), bytes.end(), [&](char c) {
          return id_of_byte_[static_cast<unsigned char>(c)] >= 0;
        });
    if (has_bytes) {
      for (const char c : bytes) out.push_back(id_of_byte_[static_cast<unsigned char>(c)]);
    } else if (unk_id_ >= 0 && (out.size() == n_before || out.back() != unk_id_)) {
      out.push_back(unk_id_);  // One for a run of unknown characters.
    }
  }

  const SentencePieceRules rules_;
  const TokenId unk_id_;
  const PieceTable pieces_;
  const MergeTable merges_;
  const bool has_merges_;
  const bool splits_words_;
  const AddedVocabulary added_;
  std::vector<std::uint32_t> ranks_;  // By id, when there are no merges.
  std::array<TokenId, 256> id_of_byte_{};
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_sentence_piece_tokenizer(const TokenizerSpec& spec,
                                                                 const SentencePieceRules& rules) {
  if (spec.merges.empty() && spec.scores.size() != spec.vocab.size()) {
    return {Code::kBadInput, "the vocabulary has " + std::to_string(spec.vocab.size()) +
                                 " pieces and " + std::to_string(spec.scores.size()) +
                                 " scores, and there are no merges"};
  }
  PieceTable pieces(spec.vocab);
  QUERN_ASSIGN(MergeTable merges, MergeTable::make(spec.merges, pieces));
  return std::unique_ptr<Tokenizer>(
      std::make_unique<SentencePieceTokenizer>(spec, rules, std::move(pieces), std::move(merges)));
}

}  // namespace quern::text
