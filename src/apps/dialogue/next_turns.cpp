#include "apps/dialogue/next_turns.h"

#include <utility>

#include <fmt/format.h>

#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

std::string hex_of(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> bytes_of_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (hex.size() % 2 != 0) return {};
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(16 * high + low);
  }
  return out;
}

}  // namespace

NextTurnService::NextTurnService(PredictorFile& file, const TextEmbedder& embedder,
                                 ThreadPool& pool, std::uint32_t n_wanted, TurnPredictor predictor)
    : file_(&file),
      embedder_(&embedder),
      pool_(&pool),
      n_wanted_(n_wanted),
      predictor_(std::make_unique<const TurnPredictor>(std::move(predictor))) {}

Result<NextTurnService> NextTurnService::make(PredictorFile& file, const TextEmbedder& embedder,
                                              ThreadPool& pool, std::uint32_t n_wanted) {
  QUERN_ASSIGN(TurnPredictor predictor, file.predictor());
  return NextTurnService(file, embedder, pool, n_wanted, std::move(predictor));
}

Result<NextTurns> NextTurnService::after(const Dialogue& dialogue) {
  if (dialogue.turns.empty()) {
    return {Code::kBadInput, "the dialogue has no turn: nothing says what may come next"};
  }
  QUERN_ASSIGN(const auto vectors, vectors_of({dialogue}, {.embedder = embedder_}));
  QUERN_ASSIGN(const auto predicted, predictor_->predict(vectors, *pool_));
  const std::span<const float> last =
      std::span(predicted[0]).last(static_cast<std::size_t>(predictor_->context().d()));
  return file_->nearest(*predictor_, last, n_wanted_, *pool_);
}

Result<std::optional<NextTurns>> NextTurnService::hear(const Said& said) {
  auto place = conversations_.find(said.conversation);
  if (!said.fork.empty()) {
    const auto other = conversations_.find(said.fork);
    if (other == conversations_.end()) {
      return {Code::kNotFound, fmt::format("there is no conversation '{}'", said.fork)};
    }
    place = conversations_.insert_or_assign(said.conversation, other->second).first;
  }
  if (said.turn.text.empty()) return std::optional<NextTurns>();
  if (place == conversations_.end()) {
    if (conversations_.size() >= kMaxConversations) {
      return {Code::kExhausted,
              fmt::format("{} conversations are remembered, no more", kMaxConversations)};
    }
    place = conversations_.emplace(said.conversation, Conversation(*predictor_)).first;
  }
  Turn turn = said.turn;
  if (turn.speaker.empty()) turn.speaker = std::to_string(place->second.n_turns() % 2);
  QUERN_ASSIGN(const auto vectors,
               vectors_of({{.id = {}, .turns = {turn}}}, {.embedder = embedder_}));
  const std::vector<float> next = place->second.hear(turn, vectors[0].turn(0), *pool_);
  QUERN_ASSIGN(NextTurns out, file_->nearest(*predictor_, next, n_wanted_, *pool_));
  return std::optional<NextTurns>(std::move(out));
}

std::string NextTurnService::states() const {
  std::string out;
  for (const auto& [name, conversation] : conversations_) {
    const json line = {{"conversation", name}, {"state", hex_of(conversation.to_bytes())}};
    out += line.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  }
  return out;
}

Status NextTurnService::restore(std::string_view states) {
  for (int n_line = 1; !states.empty(); ++n_line) {
    const std::string_view line = states.substr(0, states.find('\n'));
    states.remove_prefix(std::min(states.size(), line.size() + 1));
    const std::string where = fmt::format("line {} of the states", n_line);
    QUERN_ASSIGN(const json object, object_from_json(line).in(where));
    const auto name = object.find("conversation"), state = object.find("state");
    if (name == object.end() || !name->is_string() || state == object.end() ||
        !state->is_string()) {
      return {Code::kBadInput, where + " is no conversation's"};
    }
    const auto bytes = bytes_of_hex(state->get_ref<const std::string&>());
    if (!bytes) return {Code::kBadInput, where + " is damaged"};
    QUERN_ASSIGN(Conversation conversation,
                 Conversation::from_bytes(*predictor_, *bytes).in(where));
    conversations_.insert_or_assign(name->get<std::string>(), std::move(conversation));
  }
  return {};
}

std::string json_from_next(const NextTurns& next, std::string_view fields) {
  json turns = json::array();
  for (const NextTurn& turn : next.turns) {
    turns.push_back({{"text", turn.text}, {"score", turn.score}});
  }
  return fmt::format("{{{}\"predictions\":{},\"confidence\":{}}}", fields,
                     turns.dump(-1, ' ', false, json::error_handler_t::replace),
                     json(next.confidence).dump());
}

}  // namespace quern::apps
