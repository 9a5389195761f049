// One request for text being answered: its choices run in the engine side by side, their steps
// become events of one stream, or one answer in the end. Knows no dialect.

#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/answer_writer.h"
#include "serve/backend.h"
#include "serve/http/exchange.h"
#include "serve/token_window.h"

namespace quern::serve {

struct RunPlan {
  struct Prompt {
    std::string text{};
    std::optional<std::vector<text::TokenId>> ids{};  // Instead of `text`.
    std::string echo{};                               // Stands before each answer.
    long n_chars = 0;                                 // Of the prompt, where offsets are told.
    ByteSpans plain = {};  // Stretches of `text` where control tokens are text.
  };
  engine::GenerateRequest wanted;  // All but the prompt; the seed is that of the first choice.
  int n = 1;                       // Choices of each prompt, in order.
  bool is_stream = false;
  bool drops_answer = false;  // Nothing is wanted but the prompt: one token is made, and not told.
  std::vector<Prompt> prompts;
  int n_positions = 0;  // Of the model.
  std::shared_ptr<const AnswerWriter> writer;
};

/// Threads: fail, begin and what they cause may come from any thread.
class GenerationRun : public std::enable_shared_from_this<GenerationRun> {
 public:
  /// Of a request that enter_engine let in as `n_inputs`; leaves when it is answered.
  GenerationRun(std::shared_ptr<Backend> backend, std::shared_ptr<Exchange> exchange, int n_inputs);
  ~GenerationRun();

  /// Answers with the error, or ends the stream with it. The first end of a run counts.
  void fail(const HttpError& error);

  /// Starts the first choice of every prompt; the others follow when the prompt is computed.
  void begin(RunPlan plan);

 private:
  using TicketPtr = std::shared_ptr<engine::Ticket>;

  struct Choice {
    TicketPtr ticket;
    bool has_begun = false;  // Its first event, or its first token.
    bool is_over = false;
    bool has_freed_others = false;
    std::string text;                                   // Where nothing is streamed.
    std::vector<engine::GeneratedToken> prompt_tokens;  // Where they are told.
    TokenWindow window;
    std::vector<engine::GeneratedToken> tokens;  // Where nothing is streamed.
    long n_chars = 0;                            // Of the prompt and the tokens told.
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
  std::vector<TicketPtr> end_with(const HttpError& error);
  bool tell_step(int i, const engine::GenerateDelta& delta);
  void tell_first(int i);
  void tell(int i, std::string_view text, std::vector<engine::GeneratedToken> tokens);
  void tell_end(int i);
  void write(std::string events);
  Status cover(const engine::GenerateDelta& delta);
  void finish();
  void respond_whole();
  bool is_long() const;
  Usage usage() const;
  const RunPlan::Prompt& prompt_of(int i) const {
    return plan_.prompts[static_cast<std::size_t>(i / plan_.n)];
  }
  bool is_leader(int i) const { return i % plan_.n == 0; }

  const std::shared_ptr<Backend> backend_;
  const std::shared_ptr<Exchange> exchange_;
  const int n_inputs_;
  std::mutex mutex_;
  RunPlan plan_;
  std::vector<Choice> choices_;
  std::size_t n_kept_bytes_ = 0;  // Of the answers so far, and of the JSON that they will be.
  Reservation held_;              // For these, or for what a stream's reader has not taken yet.
  int n_over_ = 0;
  bool is_streaming_ = false;  // The stream's head is out.
  bool is_closed_ = false;     // Answered, failed or given up.
};

}  // namespace quern::serve
