// The JSON of requests about dialogues (docs/dialogue_api.md): what is the server's own is read
// here; what a dialogue is, where lines of `quern dialogue predict` are read.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/asked.h"
#include "serve/json/json_reader.h"

namespace quern::serve {

// Most of what a request may have.
inline constexpr int kMaxNextTurns = 1000;
inline constexpr int kMaxDialogues = 1000;        // Of a batch,
inline constexpr std::size_t kMaxTurns = 50'000;  // and turns of all its dialogues together.
inline constexpr std::size_t kMaxStateDigits = std::size_t{32} << 20;

/// POST /v1/dialogue/predict, and of a conversation's turns.
struct PredictRequest {
  apps::Asked asked;
  std::uint32_t n_wanted = 5;
  std::string predictor = {};  // "": the first.
};
Problem parse_predict_request(std::string& body, PredictRequest& out);
/// The path says whose turns they are; a body that does is not heard.
Problem parse_turns_request(std::string& body, const std::string& conversation,
                            PredictRequest& out);

/// POST /v1/dialogue/batch.
struct DialogueBatchRequest {
  struct Item {
    Status status = {};  // Not ok: it is no dialogue, alone.
    apps::Dialogue dialogue = {};
  };
  std::vector<Item> items = {};
  std::uint32_t n_wanted = 5;
  std::string predictor = {};
};
Problem parse_dialogue_batch_request(std::string& body, DialogueBatchRequest& out);

/// POST .../fork: {"as": name, "predictor"}.
struct ForkRequest {
  std::string as;
  std::string predictor = {};
};
Problem parse_fork_request(std::string& body, ForkRequest& out);

/// PUT .../state, as GET gives it.
struct StateRequest {
  std::string state;        // Hex digits.
  std::string fingerprint;  // Of the predictor that it is of.
  std::string predictor = {};
};
Problem parse_state_request(std::string& body, StateRequest& out);

/// ?predictor=NAME; "" without.
Problem parse_predictor_query(std::string_view query, std::string& out);

/// ?limit=N&after=NAME of a list by name, beside the predictor's name.
struct ConversationsPage {
  std::size_t n_most = 100;
  std::string after = {};  // "": from the first on.
  std::string predictor = {};
};
inline constexpr std::size_t kMaxConversationsPage = 1000;
Problem parse_conversations_query(std::string_view query, ConversationsPage& out);

}  // namespace quern::serve
