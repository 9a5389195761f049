// An engine for the tests of this room: vectors that anyone can recompute from the text, answers
// that can be held back, cancels that are counted.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <limits>
#include <list>
#include <mutex>
#include <thread>

#include "engine/engine.h"
#include "engine/task_check.h"

namespace quern::serve {

/// The vector of a text: d_model numbers from its bytes alone.
inline std::vector<float> fake_vector(const engine::Input& input, int dims) {
  std::uint32_t hash = 2166136261u;
  for (const char c : input.text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  for (const char c : input.text_pair.value_or("")) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  if (input.ids) {
    for (const auto id : *input.ids) hash = (hash ^ static_cast<std::uint32_t>(id)) * 16777619u;
  }
  std::vector<float> values;
  for (int i = 0; i < dims; ++i) {
    hash = hash * 1664525u + 1013904223u;
    values.push_back(static_cast<float>(hash >> 8) / 16777216.0f - 0.5f);
  }
  return values;
}

class FakeEngine : public engine::Engine {
 public:
  static constexpr int kDims = 8;
  static constexpr const char* kModel = "tiny";
  static constexpr const char* kHubName = "owner/tiny";
  static constexpr const char* kWriter = "writer";  // Generates; kMute does, without a template.
  static constexpr const char* kMute = "mute";
  static constexpr const char* kCross = "cross";  // One label; a logit is the number in a document.
  static constexpr const char* kNli = "nli";      // Three; logits as fake_vector.
  static constexpr int kContext = 200;            // Of kWriter: characters of a prompt.

  ~FakeEngine() override {
    open_gate();
    for (auto& thread : threads_) thread.join();
  }

  /// From here on requests and listings wait until open_gate(), or until they are cancelled.
  void close_gate() { set_gate(false); }
  void open_gate() { set_gate(true); }
  int n_cancelled() const { return n_cancelled_.load(); }
  int n_submitted() const { return n_submitted_.load(); }
  engine::Request last_request() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

  std::shared_ptr<engine::Ticket> submit(engine::Request request,
                                         std::function<void(engine::Response)> done) override {
    ++n_submitted_;
    auto ticket = std::make_shared<FakeTicket>(*this);
    const std::lock_guard lock(mutex_);
    last_ = request;
    if (is_open_) {
      done(answer(request, false));
      return ticket;
    }
    threads_.emplace_back([this, ticket, request = std::move(request), done = std::move(done)] {
      std::unique_lock waiting(mutex_);
      changed_.wait(waiting, [&] { return is_open_ || ticket->is_cancelled; });
      waiting.unlock();
      done(answer(request, ticket->is_cancelled));
    });
    return ticket;
  }

  engine::Response run(engine::Request request) override { return answer(request, false); }

  /// The prompt's bytes in capitals, a token each; one that holds "fail" fails, one that holds
  /// "late" after its second token. `context` is kContext. Of ids: the bytes they are.
  std::shared_ptr<engine::Ticket> generate(engine::GenerateRequest request,
                                           engine::OnDelta on_delta,
                                           engine::OnGenerated done) override {
    ++n_submitted_;
    auto ticket = std::make_shared<FakeTicket>(*this);
    const std::lock_guard lock(mutex_);
    generations_.push_back(request);
    threads_.emplace_back([this, ticket, request = std::move(request),
                           on_delta = std::move(on_delta), done = std::move(done)] {
      done(say(request, on_delta, *ticket));
      ++n_generated_;
    });
    return ticket;
  }
  int n_generated() const { return n_generated_.load(); }
  engine::GenerateRequest last_generation() const {
    const std::lock_guard lock(mutex_);
    return generations_.empty() ? engine::GenerateRequest() : generations_.back();
  }
  std::vector<engine::GenerateRequest> generations() const {
    const std::lock_guard lock(mutex_);
    return generations_;
  }

  Result<std::shared_ptr<const formats::DecoderModel>> decoder(const std::string& model) override {
    QUERN_TRY(describe(model).status());
    auto facts = std::make_shared<formats::DecoderModel>();
    facts->name = model;
    if (model == kMute) return std::shared_ptr<const formats::DecoderModel>(facts);
    facts->chat_template =
        "{% for m in messages %}{% if m.content == 'raise' %}{{ raise_exception('no') }}{% endif %}"
        "<{{ m.role }}>{{ m.content }}"
        "{% for c in m.tool_calls %}[{{ c.function.arguments.x }}]{% endfor %}{% endfor %}"
        "{% for t in tools or [] %}({{ t.function.name }}){% endfor %}{{ mood }}"
        "{% if add_generation_prompt %}<assistant>{% endif %}";
    return std::shared_ptr<const formats::DecoderModel>(facts);
  }

  Result<engine::ModelInfo> describe(const std::string& model) override {
    if (model == kWriter || model == kMute) return writer(model);
    if (model == kCross) return classifier(model, {"LABEL_0"}, engine::Scale::kSigmoid);
    if (model == kNli) {
      return classifier(model, {"neutral", "entailment", "contradiction"}, engine::Scale::kSoftmax);
    }
    if (model != kModel && model != kHubName && model != "/models/tiny-copy") {
      return Status(Code::kNotFound, "model '" + model + "': not installed; did you mean 'tiny'?");
    }
    engine::ModelInfo info;
    info.name = model == "/models/tiny-copy" ? "tiny-copy" : kModel;
    info.family = "bert";
    info.dims = kDims;
    info.max_tokens = 16;
    info.precision = "f32";
    return info;
  }

  static engine::ModelInfo classifier(const std::string& name, std::vector<std::string> labels,
                                      engine::Scale scale) {
    engine::ModelInfo info;
    info.name = name;
    info.family = "bert";
    info.task = engine::Task::kClassify;
    info.dims = static_cast<int>(labels.size());
    info.labels = std::move(labels);
    info.scale = scale;
    info.max_tokens = 16;
    info.precision = "f32";
    return info;
  }

  static engine::ModelInfo writer(const std::string& model) {
    engine::ModelInfo info;
    info.name = model;
    info.family = "llama";
    info.task = engine::Task::kGenerate;
    info.max_tokens = kContext;
    info.precision = "q4_0";
    return info;
  }

  Result<std::string> listed_name(const std::string& model) override {
    QUERN_ASSIGN(const engine::ModelInfo info, describe(model));
    return info.name;
  }

  Status keep(const std::string& model, engine::KeepAlive) override {
    return describe(model).status();
  }

  Status warm(const std::string& model) override {
    QUERN_ASSIGN(const engine::ModelInfo info, describe(model));
    const std::lock_guard lock(mutex_);
    warmed_.push_back(info.name);
    return {};
  }
  std::vector<std::string> warmed() const {
    const std::lock_guard lock(mutex_);
    return warmed_;
  }

  /// Of the models that were warmed.
  std::vector<engine::ModelStatus> statuses() override {
    std::vector<engine::ModelStatus> out;
    for (const std::string& name : warmed()) {
      engine::ModelStatus& status = out.emplace_back();
      status.name = name;
      status.loaded = true;
      status.bytes = 100;
      status.n_loads = 1;
      status.load_seconds = 2;
    }
    return out;
  }

  std::vector<engine::ModelInfo> list() override {
    std::unique_lock waiting(mutex_);
    changed_.wait(waiting, [&] { return is_open_; });
    return {*describe(kModel)};
  }
  Result<std::shared_ptr<const text::TextEncoder>> text_encoder(const std::string&) override {
    return Status(Code::kUnsupported, "the fake has none");
  }
  engine::Stats stats() const override {
    engine::Stats stats;
    stats.n_texts = 3;
    stats.n_tokens = n_tokens_.load();
    stats.n_batches = 2;
    stats.busy_seconds = 0.25;
    stats.tenants = {{"weights/tiny", 1000, 1000}, {"tokenizer/tiny", 24, 24}, {"cache", 7, 9}};
    stats.n_generated_tokens = 11;
    stats.n_prompt_tokens = 7;
    stats.n_cached_tokens = 5;
    stats.n_set_back = 1;
    stats.n_generating = 2;
    stats.n_generations_waiting = 3;
    stats.memory_limit_bytes = ledger_.limit_bytes();
    stats.memory_used_bytes = ledger_.used_bytes();
    return stats;
  }
  ByteLedger& ledger() override { return ledger_; }
  int n_threads() const override { return 1; }
  bool drain(std::chrono::milliseconds) override { return true; }

 private:
  struct FakeTicket;

  engine::GenerateResult say(const engine::GenerateRequest& request,
                             const engine::OnDelta& on_delta, const FakeTicket& ticket) {
    engine::GenerateResult result;
    const std::string prompt =
        request.ids ? std::string(request.ids->begin(), request.ids->end()) : request.prompt;
    result.n_prompt_tokens = static_cast<int>(prompt.size());
    result.n_cached_tokens = result.n_prompt_tokens / 2;
    if (prompt.find("fail") != std::string::npos) result.status = {Code::kBadInput, "it fails"};
    if (result.n_prompt_tokens > kContext) result.status = {Code::kBadInput, "it is too long"};
    if (!request.sampling.logit_bias.empty() && request.sampling.logit_bias[0].first > 255) {
      result.status = {Code::kBadInput, "logit_bias names token 256, want 0 to 255"};
    }
    if (!result.status.ok()) return result;
    if (request.tells_prompt) {
      for (const char& c : prompt) {
        engine::GenerateDelta delta = one_char(c, request.n_logprobs);
        delta.text.clear();
        delta.is_prompt = true;
        if (&c == prompt.data()) delta.tokens[0].logprob = std::numeric_limits<float>::quiet_NaN();
        if (on_delta) on_delta(delta);
      }
    }
    const bool is_late = prompt.find("late") != std::string::npos;
    for (const char c : prompt) {
      {
        std::unique_lock waiting(mutex_);
        changed_.wait(waiting, [&] { return is_open_ || ticket.is_cancelled; });
      }
      if (ticket.is_cancelled) {
        result.status = {Code::kCancelled, "cancelled"};
        return result;
      }
      if (request.max_tokens > 0 && result.n_tokens == request.max_tokens) {
        result.finish = engine::FinishReason::kLength;
        return result;
      }
      if (is_late && result.n_tokens == 2) {
        result.status = {Code::kDeadline, "it is late"};
        return result;
      }
      ++result.n_tokens;
      if (on_delta) on_delta(one_char(static_cast<char>(std::toupper(c)), request.n_logprobs));
    }
    return result;
  }

  static engine::GenerateDelta one_char(char c, int n_logprobs) {
    engine::GenerateDelta delta;
    delta.text = std::string(1, c);
    engine::GeneratedToken& token = delta.tokens.emplace_back();
    token.id = static_cast<unsigned char>(c);
    token.bytes = delta.text;
    if (n_logprobs < 0) return delta;
    token.logprob = -0.25f;
    token.top = {{token.id, -0.25f}, {'?', -2.0f}};
    token.top_bytes = {token.bytes, "?"};
    token.top.resize(static_cast<std::size_t>(std::min(n_logprobs, 2)));
    token.top_bytes.resize(token.top.size());
    return delta;
  }

  struct FakeTicket : engine::Ticket {
    explicit FakeTicket(FakeEngine& engine) : owner(engine) {}
    void cancel() override {
      ++owner.n_cancelled_;
      {
        const std::lock_guard lock(owner.mutex_);
        is_cancelled = true;
      }
      owner.changed_.notify_all();
    }
    FakeEngine& owner;
    std::atomic<bool> is_cancelled{false};
  };

  void set_gate(bool open) {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = open;
    }
    changed_.notify_all();
  }

  engine::Response answer(const engine::Request& request, bool is_cancelled) {
    engine::Response response;
    auto info = describe(request.model);
    response.status = info.status();
    if (is_cancelled) response.status = Status(Code::kCancelled, "cancelled");
    if (request.dimensions > kDims) {
      response.status = Status(Code::kBadInput, "dimensions is 9, the model has 8");
    }
    if (!response.status.ok()) return response;
    response.status =
        engine::check_task(info->name, info->task, info->labels, info->scale, request.task);
    if (!response.status.ok()) return response;
    auto head = std::make_shared<formats::HeadFacts>();
    head->labels = info->labels;
    head->scale = info->scale;
    response.head = head;
    for (const engine::Input& input : request.inputs) {
      response.outcomes.push_back(outcome(input, request, info->dims));
      response.n_tokens += response.outcomes.back().n_tokens;
    }
    n_tokens_ += response.n_tokens;
    return response;
  }

  static engine::Outcome outcome(const engine::Input& input, const engine::Request& request,
                                 int n_values) {
    engine::Outcome outcome;
    if (input.text == "BAD") outcome.status = Status(Code::kBadInput, "the text is bad");
    if (input.text == "FULL") outcome.status = Status(Code::kExhausted, "no room");
    outcome.values = fake_vector(input, request.dimensions > 0 ? request.dimensions : n_values);
    if (n_values == 1) outcome.values = {std::strtof(input.text.c_str(), nullptr)};
    if (input.text == "NAN") outcome.values.back() = std::numeric_limits<float>::quiet_NaN();
    outcome.n_tokens = input.ids ? static_cast<int>(input.ids->size()) + 2
                                 : static_cast<int>(input.text.size()) + 2;
    if (outcome.n_tokens > 16) {
      outcome.n_dropped = outcome.n_tokens - 16;
      outcome.n_tokens = 16;
    }
    return outcome;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  engine::Request last_;
  std::vector<engine::GenerateRequest> generations_;
  std::vector<std::string> warmed_;
  std::list<std::thread> threads_;
  std::atomic<int> n_cancelled_{0};
  std::atomic<int> n_generated_{0};
  std::atomic<int> n_submitted_{0};
  std::atomic<long> n_tokens_{0};
  ByteLedger ledger_{512u << 20};
};

}  // namespace quern::serve
