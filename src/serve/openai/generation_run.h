// One request for text being answered: its choices run in the engine side by side, their steps
// become events of one stream, or one answer in the end.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/http/exchange.h"
#include "serve/openai/generation_json.h"
#include "serve/openai/generation_request.h"
#include "serve/openai/openai_api.h"
#include "serve/openai/token_window.h"

namespace quern::serve {

struct RunPlan {
  struct Prompt {
    std::string text;
    std::optional<std::vector<text::TokenId>> ids;  // Instead of `text`.
    std::string echo;                               // Stands before each answer.
    ByteSpans plain = {};  // Stretches of `text` where control tokens are text.
  };
  GenerationRequest generation;  // Its model as the engine names it.
  AnswerHead head;
  std::vector<Prompt> prompts;  // Each has generation.n choices, in order.
  int n_positions = 0;          // Of the model.
};

/// Threads: fail, begin and what they cause may come from any thread.
class GenerationRun : public std::enable_shared_from_this<GenerationRun> {
 public:
  /// Of a request that enter_engine let in; leaves when it is answered.
  GenerationRun(std::shared_ptr<OpenAiApi> api, std::shared_ptr<Exchange> exchange);
  ~GenerationRun();

  /// Answers with the error, or ends the stream with it. The first end of a run counts.
  void fail(const ApiError& error);

  /// Starts the first choice of every prompt; the others follow when the prompt is computed.
  void begin(RunPlan plan);

 private:
  using TicketPtr = std::shared_ptr<engine::Ticket>;

  struct Choice {
    TicketPtr ticket;
    bool has_begun = false;  // Its first event, or its first token.
    bool is_over = false;
    bool has_freed_others = false;
    std::string text;  // Where nothing is streamed.
    TokenWindow window;
    std::vector<engine::GeneratedToken> tokens;  // Where nothing is streamed.
    long n_chars = 0;                            // Of the tokens told.
    double first_token_s = 0;
    engine::GenerateResult result;
  };

  void start(int i);
  void start_others(int i);
  void on_delta(int i, const engine::GenerateDelta& delta);
  void on_done(int i, engine::GenerateResult result);
  void on_gone();

  // With mutex_ held.
  bool close();
  std::vector<TicketPtr> take_tickets();
  std::vector<TicketPtr> end_with(const ApiError& error);
  void tell_first(int i);
  void tell(int i, std::string_view text, std::vector<engine::GeneratedToken> tokens);
  void tell_end(int i);
  void write(std::string events);
  void finish();
  void respond_whole();
  Usage usage() const;
  bool is_leader(int i) const { return i % plan_.generation.n == 0; }

  const std::shared_ptr<OpenAiApi> api_;
  const std::shared_ptr<Exchange> exchange_;
  std::mutex mutex_;
  RunPlan plan_;
  UsageMember usage_member_ = UsageMember::kAbsent;
  std::vector<Choice> choices_;
  int n_over_ = 0;
  bool is_streaming_ = false;  // The stream's head is out.
  bool is_closed_ = false;     // Answered, failed or given up.
};

}  // namespace quern::serve
