#include "text/bpe/byte_bpe_tokenizer.h"

#include <array>
#include <string>

#include "text/added_vocabulary.h"
#include "text/bpe/bpe_words.h"
#include "text/bpe/byte_chars.h"
#include "text/bpe/byte_ids.h"
#include "text/bpe/merge_table.h"
#include "text/pipeline/unicode_form.h"
#include "text/word_cache.h"

namespace quern::text {
namespace {

std::string_view compose(std::string_view text, std::string& storage) {
  if (find_non_ascii(text, 0) == text.size()) return text;
  storage.clear();
  append_in_form(normalizers::UnicodeForm::kNfc, text, storage);
  return storage;
}

class ByteBpeTokenizer : public Tokenizer {
  // First, for its type is deduced.
  auto normalize() const {
    return [this](std::string_view text, std::string& storage) {
      return rules_.nfc ? compose(text, storage) : text;
    };
  }

 public:
  ByteBpeTokenizer(const TokenizerSpec& spec, const ByteLevelRules& rules, PieceTable pieces,
                   MergeTable merges)
      : rules_(rules),
        unk_id_(spec.unk_id),
        pieces_(std::move(pieces)),
        merges_(std::move(merges)),
        added_(spec.added, normalize()) {
    id_of_byte_ = ids_of_bytes(pieces_, append_byte_char);
  }

  using Tokenizer::encode;

  void encode(std::string_view utf8, Specials specials, const ByteSpans& plain,
              std::vector<TokenId>& out) const override {
    Scratch scratch(utf8.size());
    const auto encode_text = [&](std::string_view text, bool) {
      if (rules_.add_prefix_space && text[0] != ' ') {
        text = scratch.prefixed.assign(" ").append(text);
      }
      while (!text.empty()) encode_word(next_bpe_word(rules_.words, text), scratch, out);
    };
    added_.encode(utf8, {specials, plain}, normalize(), encode_text, out);
  }

  void decode(TokenId id, std::string& out) const override {
    if (const std::string* content = added_.find(id)) {
      out += *content;
    } else if (id >= 0 && id < pieces_.n_pieces()) {
      append_bytes_of_chars(pieces_.piece(id), out);
    }
  }

  int n_vocab() const override { return std::max(pieces_.n_pieces(), added_.n_vocab()); }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + pieces_.resident_bytes() + merges_.resident_bytes() +
           added_.resident_bytes();
  }

 private:
  struct Scratch {
    explicit Scratch(std::size_t text_bytes) : cache(text_bytes) {}
    WordCache cache;
    BpeMerger merger;
    std::vector<BpeSymbol> symbols;
    std::string written;
    std::string prefixed;
  };

  void encode_word(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const {
    const PieceHash hash = hash_of(word);
    if (scratch.cache.append_if_known(word, hash, out)) return;
    const std::size_t n_before = out.size();
    if (!(rules_.whole_words && append_whole(word, scratch, out))) {
      append_merged(word, scratch, out);
    }
    scratch.cache.add(word, hash, std::span(out).subspan(n_before));
  }

  bool append_whole(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const {
    if (word.size() > pieces_.longest_bytes()) return false;
    scratch.written.clear();
    for (const char c : word) append_byte_char(static_cast<unsigned char>(c), scratch.written);
    const TokenId id = pieces_.find(scratch.written);
    if (id >= 0) out.push_back(id);
    return id >= 0;
  }

  void append_merged(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const {
    scratch.symbols.clear();
    for (const char c : word) {
      const TokenId known = id_of_byte_[static_cast<unsigned char>(c)];
      const TokenId id = known >= 0 ? known : unk_id_;
      if (id >= 0) scratch.symbols.push_back({.id = id, .n_bytes = 1});  // Else the byte is lost.
    }
    scratch.merger.run(scratch.symbols, [&](const BpeSymbol& left, const BpeSymbol& right) {
      return merges_.find(left.id, right.id);
    });
    for (const BpeSymbol& symbol : scratch.symbols) out.push_back(symbol.id);
  }

  const ByteLevelRules rules_;
  const TokenId unk_id_;
  const PieceTable pieces_;
  const MergeTable merges_;
  const AddedVocabulary added_;
  std::array<TokenId, 256> id_of_byte_{};
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_byte_bpe_tokenizer(const TokenizerSpec& spec,
                                                           const ByteLevelRules& rules) {
  PieceTable pieces(spec.vocab);
  QUERN_ASSIGN(MergeTable merges, MergeTable::make(spec.merges, pieces));
  return std::unique_ptr<Tokenizer>(
      std::make_unique<ByteBpeTokenizer>(spec, rules, std::move(pieces), std::move(merges)));
}

}  // namespace quern::text
