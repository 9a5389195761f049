#include "formats/tokenizer/sentence_piece.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "formats/fast_json.h"
#include "formats/proto_reader.h"
#include "formats/tokenizer/sentence_piece_rules.h"
#include "formats/tokenizer/tokenizer_config.h"

namespace quern::formats {
namespace {

using text::TemplatePiece;
using text::TokenId;
using text::TokenizerSpec;
using Kind = TemplatePiece::Kind;

constexpr std::size_t kMaxModelBytes = 256u << 20;
constexpr std::size_t kMaxPieces = 1 << 24;
constexpr double kNeverFound = -1e30;  // A score that no path through a text survives.

enum class PieceType : std::uint64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

struct Piece {
  std::string text;
  float score = 0;
  PieceType type = PieceType::kNormal;
};

struct Model {
  std::vector<Piece> pieces;
  std::uint64_t type = 1;
  bool byte_fallback = false;
  SentencePieceRules rules{.charsmap = {}, .joins_spaces = true, .adds_prefix = true};
};

/// The files that are known by name: what their model's tokenizer puts round a text.
struct Layout {
  const char* file;
  const char *begin, *end, *mask;
  bool is_fairseq = false;  // <s> <pad> </s> <unk> come first, and the file's pieces from "," on.
  bool mask_takes_space = false;
};
constexpr Layout kLayouts[] = {
    {.file = "spm.model", .begin = "[CLS]", .end = "[SEP]", .mask = "[MASK]"},
    {.file = "sentencepiece.bpe.model",
     .begin = "<s>",
     .end = "</s>",
     .mask = "<mask>",
     .is_fairseq = true,
     .mask_takes_space = true},
};

Status damaged(std::string_view part) {
  return {Code::kBadInput, fmt::format("{}: damaged or cut off", part)};
}

template <typename Take>
Status each_field(std::string_view message, std::string_view name, const Take& take) {
  ProtoReader reader(message);
  for (ProtoField field; reader.next(field);) take(field);
  return reader.is_ok() ? Status() : damaged(name);
}

Result<Piece> read_piece(std::string_view message) {
  Piece piece;
  QUERN_TRY(each_field(message, "a piece", [&piece](const ProtoField& f) {
    if (f.number == 1) piece.text = f.bytes;
    if (f.number == 2) piece.score = f.as_float();
    if (f.number == 3) piece.type = static_cast<PieceType>(f.value);
  }));
  if (piece.text.empty() || !std::isfinite(piece.score)) {
    return {Code::kBadInput, fmt::format("piece '{}' with score {}, want a text and a number",
                                         shown(piece.text), piece.score)};
  }
  return piece;
}

Status read_trainer(std::string_view message, Model& model) {
  bool is_suffixed = false;
  QUERN_TRY(each_field(message, "trainer_spec", [&](const ProtoField& f) {
    if (f.number == 3) model.type = f.value;
    if (f.number == 24) is_suffixed = f.value != 0;
    if (f.number == 35) model.byte_fallback = f.value != 0;
  }));
  if (!is_suffixed) return {};
  return {Code::kUnsupported, "treat_whitespace_as_suffix is true, want false"};
}

Status read_normalizer(std::string_view message, Model& model) {
  bool escapes = true;
  QUERN_TRY(each_field(message, "normalizer_spec", [&](const ProtoField& f) {
    if (f.number == 2) model.rules.charsmap = f.bytes;
    if (f.number == 3) model.rules.adds_prefix = f.value != 0;
    if (f.number == 4) model.rules.joins_spaces = f.value != 0;
    if (f.number == 5) escapes = f.value != 0;
  }));
  if (escapes) return {};
  return {Code::kUnsupported, "escape_whitespaces is false, want true"};
}

Result<Model> read_model(std::string_view bytes) {
  Model model;
  ProtoReader reader(bytes);
  for (ProtoField field; reader.next(field);) {
    if (field.number == 1) {
      if (model.pieces.size() == kMaxPieces) {
        return {Code::kBadInput, fmt::format("more than {} pieces", kMaxPieces)};
      }
      QUERN_ASSIGN(model.pieces.emplace_back(), read_piece(field.bytes));
    }
    if (field.number == 2) QUERN_TRY(read_trainer(field.bytes, model));
    if (field.number == 3) QUERN_TRY(read_normalizer(field.bytes, model));
  }
  if (!reader.is_ok()) return damaged("the model");
  if (model.pieces.empty()) return {Code::kBadInput, "no pieces"};
  if (model.type != 1) {
    return {Code::kUnsupported, fmt::format("model_type {}, want 1 (Unigram)", model.type)};
  }
  return model;
}

/// XLM-R counts as fairseq does: four tokens of its own, then the pieces behind the file's first
/// three (<unk>, <s>, </s>).
Status renumber(std::vector<Piece>& pieces) {
  constexpr const char* kFirst[] = {"<unk>", "<s>", "</s>"};
  for (std::size_t i = 0; i < std::size(kFirst); ++i) {
    if (pieces.size() > i && pieces[i].text == kFirst[i]) continue;
    return {Code::kBadInput, "the pieces do not begin with <unk>, <s>, </s>"};
  }
  std::vector<Piece> out = {{"<s>", 0, PieceType::kControl},
                            {"<pad>", 0, PieceType::kControl},
                            {"</s>", 0, PieceType::kControl},
                            {"<unk>", 0, PieceType::kUnknown}};
  out.insert(out.end(), std::make_move_iterator(pieces.begin() + 3),
             std::make_move_iterator(pieces.end()));
  pieces = std::move(out);
  return {};
}

Result<TokenId> id_of(const TokenizerSpec& spec, std::string_view piece) {
  const auto at = std::find(spec.vocab.begin(), spec.vocab.end(), piece);
  if (at != spec.vocab.end()) return static_cast<TokenId>(at - spec.vocab.begin());
  return {Code::kBadInput, fmt::format("no piece '{}'", piece)};
}

/// Only ordinary pieces are found in a text.
void add_pieces(std::vector<Piece> pieces, TokenizerSpec& spec) {
  float lowest = 0;
  for (Piece& piece : pieces) {
    const auto id = static_cast<TokenId>(spec.vocab.size());
    const bool is_control = piece.type == PieceType::kControl || piece.type == PieceType::kUnknown;
    const bool is_found = piece.type == PieceType::kNormal;
    if (piece.type == PieceType::kUnknown) spec.unk_id = id;
    if (is_control || piece.type == PieceType::kUserDefined) {
      spec.added.push_back({.id = id, .content = piece.text, .special = is_control});
    }
    if (is_found) lowest = std::min(lowest, piece.score);
    spec.vocab.push_back(std::move(piece.text));
    spec.scores.push_back(is_found ? static_cast<double>(piece.score) : kNeverFound);
  }
  spec.unigram.unk_score = static_cast<double>(lowest - 10);
  spec.unigram.sums_in_f32 = true;
}

/// The mask is a token behind the file's pieces, unless it is one of them.
void add_mask(const Layout& layout, TokenizerSpec& spec) {
  if (id_of(spec, layout.mask).ok()) return;
  spec.added.push_back({.id = static_cast<TokenId>(spec.vocab.size()),
                        .content = layout.mask,
                        .special = true,
                        .lstrip = layout.mask_takes_space});
  spec.vocab.emplace_back(layout.mask);
}

Status add_templates(const Layout& layout, TokenizerSpec& spec) {
  QUERN_ASSIGN(const TokenId begin, id_of(spec, layout.begin));
  QUERN_ASSIGN(const TokenId end, id_of(spec, layout.end));
  spec.single = {{Kind::kToken, begin, 0}, {Kind::kTextA, 0, 0}, {Kind::kToken, end, 0}};
  spec.pair = spec.single;
  if (layout.is_fairseq) spec.pair.push_back({Kind::kToken, end, 0});
  const std::uint8_t type = layout.is_fairseq ? 0 : 1;
  spec.pair.push_back({Kind::kTextB, 0, type});
  spec.pair.push_back({Kind::kToken, end, type});
  return {};
}

}  // namespace

std::string find_sentence_piece(const std::string& folder) {
  std::error_code error;
  for (const Layout& layout : kLayouts) {
    if (std::filesystem::exists(std::filesystem::path(folder) / layout.file, error)) {
      return layout.file;
    }
  }
  return "";
}

Result<TokenizerSpec> parse_sentence_piece(std::string_view bytes, const std::string& file) {
  const Layout* layout = std::find_if(std::begin(kLayouts), std::end(kLayouts),
                                      [&file](const Layout& known) { return file == known.file; });
  if (layout == std::end(kLayouts)) {
    return {Code::kUnsupported, "want spm.model or sentencepiece.bpe.model"};
  }
  QUERN_ASSIGN(Model model, read_model(bytes));
  if (layout->is_fairseq) QUERN_TRY(renumber(model.pieces));
  TokenizerSpec spec;
  spec.model = TokenizerSpec::Model::kUnigram;
  spec.unigram.byte_fallback = model.byte_fallback;
  add_pieces(std::move(model.pieces), spec);
  if (spec.unk_id < 0) return {Code::kBadInput, "no piece of type UNKNOWN"};
  apply_sentence_piece_rules(std::move(model.rules), spec);
  add_mask(*layout, spec);
  QUERN_TRY(add_templates(*layout, spec));
  spec.decoders = {text::decoders::ByteFallback{}, text::decoders::Metaspace{}};
  return spec;
}

Result<TokenizerSpec> read_sentence_piece(const std::string& folder) {
  const std::string file = find_sentence_piece(folder);
  QUERN_ASSIGN(const std::string bytes,
               read_file((std::filesystem::path(folder) / file).string(), kMaxModelBytes));
  QUERN_ASSIGN(TokenizerSpec spec, parse_sentence_piece(bytes, file).in(file));
  QUERN_TRY(read_truncation_side(folder, spec));
  return spec;
}

}  // namespace quern::formats
