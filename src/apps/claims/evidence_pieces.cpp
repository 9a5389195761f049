#include "apps/claims/evidence_pieces.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace quern::apps {
namespace {

// Beside a claim that leaves less of it, sentences would be read in shreds.
constexpr int kLeastShareOfModel = 4;

using Pieces = std::span<const std::string_view>;

// `pieces` are stretches of the sentence's own text.
EvidenceSentence piece_of(const EvidenceSentence& whole, Pieces pieces, std::size_t i) {
  const auto begin = static_cast<std::size_t>(pieces[i].data() - whole.text.data());
  EvidenceSentence out;
  out.source = whole.source;
  out.passage = whole.passage;
  out.i_sentence = whole.i_sentence;
  out.text = pieces[i];
  out.span = {.begin = whole.span.begin + begin,
              .end = whole.span.begin + begin + pieces[i].size()};
  out.before = i == 0 ? whole.before : std::string(pieces[i - 1]);
  out.after = i + 1 == pieces.size() ? whole.after : std::string(pieces[i + 1]);
  out.nearness = whole.nearness;
  out.i_piece = static_cast<std::uint32_t>(i);
  out.n_pieces = static_cast<std::uint32_t>(pieces.size());
  return out;
}

}  // namespace

Status cut_into_pieces(const Entailment& model, const std::string& claim,
                       std::vector<EvidenceSentence>& sentences) {
  const int room = model.room_beside(claim);
  if (room < model.max_tokens() / kLeastShareOfModel) return {};
  std::vector<EvidenceSentence> out;
  out.reserve(sentences.size());
  for (EvidenceSentence& sentence : sentences) {
    QUERN_ASSIGN(const std::vector<std::string_view> pieces, model.pieces_of(sentence.text, room));
    if (out.size() + pieces.size() > kMaxPieces) {
      return {Code::kTooLarge, fmt::format("the evidence has more than {} pieces that the model "
                                           "reads beside the claim",
                                           kMaxPieces)};
    }
    for (std::size_t i = 0; pieces.size() > 1 && i < pieces.size(); ++i) {
      out.push_back(piece_of(sentence, pieces, i));
    }
    if (pieces.size() <= 1) out.push_back(std::move(sentence));
  }
  sentences = std::move(out);
  return {};
}

}  // namespace quern::apps
