#include "text/pipeline/unigram_model.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/utf8.h"
#include "text/bpe/byte_ids.h"
#include "text/bpe/byte_pieces.h"
#include "text/piece_table.h"
#include "text/pipeline/piece_trie.h"

namespace quern::text {
namespace {

using Path = WordScratch::Path;

constexpr double kUnknownPenalty = 10;
// Bounds the work of each place in a word; pieces in use have under a hundred bytes.
constexpr std::size_t kMaxPieceBytes = 4096;

class UnigramModel : public WordModel {
 public:
  explicit UnigramModel(const TokenizerSpec& spec)
      : pieces_(spec.vocab),
        trie_(spec.vocab, spec.scores.size()),
        scores_(spec.scores),
        unk_id_(spec.unk_id),
        byte_fallback_(spec.unigram.byte_fallback),
        sums_in_f32_(spec.unigram.sums_in_f32),
        unk_score_(spec.unigram.unk_score.value_or(
            *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty)) {
    id_of_byte_ = ids_of_bytes(trie_, append_byte_piece);
  }

  void encode(std::string_view word, WordScratch& scratch,
              std::vector<TokenId>& out) const override {
    find_paths(word, scratch.paths);
    // Back from the end; the ids come in reverse.
    scratch.ids.clear();
    for (std::size_t end = word.size(); end > 0;) {
      const Path* last = &scratch.paths[end];
      if (last->id != unk_id_) {
        scratch.ids.push_back(last->id);
        end = last->begin;
        continue;
      }
      std::size_t begin = last->begin;
      while (begin > 0 && scratch.paths[begin].id == unk_id_) begin = scratch.paths[begin].begin;
      append_unknown_reversed(word.substr(begin, end - begin), scratch.ids);
      end = begin;
    }
    out.insert(out.end(), scratch.ids.rbegin(), scratch.ids.rend());
  }

  std::string_view piece(TokenId id) const override { return pieces_.piece(id); }
  int n_vocab() const override { return pieces_.n_pieces(); }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + pieces_.resident_bytes() + trie_.resident_bytes() +
           scores_.capacity() * sizeof(double);
  }

 private:
  double kept(double sum) const {
    return sums_in_f32_ ? static_cast<double>(static_cast<float>(sum)) : sum;
  }

  void offer(Path& path, double sum, std::size_t begin, TokenId id) const {
    const double score = kept(sum);
    if (path.is_reached && score <= path.score) return;
    path = {score, begin, id, true};
  }

  void find_paths(std::string_view word, std::vector<Path>& paths) const {
    paths.assign(word.size() + 1, Path{});
    for (std::size_t begin = 0; begin < word.size();) {
      const double so_far = paths[begin].score;
      const auto n_char = static_cast<std::size_t>(decode_utf8(word, begin).n_bytes);
      bool has_single = false;
      PieceTrie::Node node = PieceTrie::kRoot;
      for (std::size_t end = begin; end < word.size();) {
        node = trie_.next(node, word[end++]);
        if (node == PieceTrie::kNone) break;
        const TokenId id = trie_.id(node);
        if (id < 0) continue;
        offer(paths[end], so_far + scores_[static_cast<std::size_t>(id)], begin, id);
        has_single = has_single || end - begin == n_char;
      }
      if (!has_single) offer(paths[begin + n_char], so_far + unk_score_, begin, unk_id_);
      begin += n_char;
    }
  }

  void append_unknown_reversed(std::string_view text, std::vector<TokenId>& ids) const {
    const TokenId id = trie_.find(text);
    if (id >= 0) return ids.push_back(id);
    const bool has_bytes = byte_fallback_ && std::all_of(text.begin(), text.end(), [&](char c) {
                             return id_of_byte_[static_cast<unsigned char>(c)] >= 0;
                           });
    if (has_bytes) {
      for (std::size_t i = text.size(); i-- > 0;) {
        ids.push_back(id_of_byte_[static_cast<unsigned char>(text[i])]);
      }
    } else if (unk_id_ >= 0) {
      ids.push_back(unk_id_);
    }
  }

  const PieceTable pieces_;
  const PieceTrie trie_;
  const std::vector<double> scores_;  // By id; added tokens have none.
  const TokenId unk_id_;
  const bool byte_fallback_;
  const bool sums_in_f32_;
  const double unk_score_;
  std::array<TokenId, 256> id_of_byte_{};
};

}  // namespace

Result<std::unique_ptr<WordModel>> make_unigram_model(const TokenizerSpec& spec) {
  if (spec.scores.empty() || spec.scores.size() > spec.vocab.size()) {
    return {Code::kBadInput, "the vocabulary has " + std::to_string(spec.vocab.size()) +
                                 " pieces and " + std::to_string(spec.scores.size()) + " scores"};
  }
  for (const double score : spec.scores) {
    if (!std::isfinite(score)) return {Code::kBadInput, "a score is no finite number"};
  }
  for (const std::string& piece : spec.vocab) {
    if (piece.size() > kMaxPieceBytes) {
      return {Code::kUnsupported, "a piece of " + std::to_string(piece.size()) +
                                      " bytes, want at most " + std::to_string(kMaxPieceBytes)};
    }
  }
  return std::unique_ptr<WordModel>(std::make_unique<UnigramModel>(spec));
}

}  // namespace quern::text
