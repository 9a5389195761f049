#include "engine/texts/text_stream.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "base/check.h"

namespace quern::engine {
namespace {

// Enough in flight that the scheduler can put close lengths together, little enough that memory
// stays flat: about 1,000 vectors and 4 MB of text.
constexpr std::size_t kChunkTexts = 128;
constexpr std::size_t kChunkBytes = 512u << 10;
constexpr std::size_t kMaxChunks = 8;
constexpr auto kTick = std::chrono::milliseconds(50);
constexpr auto kProgressEvery = std::chrono::milliseconds(100);

/// What the engine's thread and ours both touch; kept alive by whoever is last.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
};

/// Some texts in a row, sent to the engine as one request.
struct Chunk {
  std::vector<TextItem> items;
  std::size_t n_bytes = 0;
  std::optional<Response> response;  // Guarded by the mailbox.
  std::shared_ptr<Ticket> ticket;
};

class Stream {
 public:
  Stream(Engine& engine, StreamJob job)
      : engine_(engine), job_(std::move(job)), at_start_(engine.stats()) {}
  ~Stream() { abandon(); }

  Result<StreamTotals> run();

 private:
  Status fill();
  Result<std::shared_ptr<Chunk>> read_chunk();
  Status submit(const std::shared_ptr<Chunk>& chunk);
  bool is_front_done(std::chrono::milliseconds patience);
  Status deliver(Chunk& chunk);
  bool is_stopped() const { return job_.is_stopped && job_.is_stopped(); }
  void report_progress();
  void abandon();

  Engine& engine_;
  StreamJob job_;
  Stats at_start_;
  StreamTotals totals_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::deque<std::shared_ptr<Chunk>> in_flight_;
  Reservation text_bytes_;
  std::chrono::steady_clock::time_point next_report_;
  long n_read_ = 0;
  bool at_end_ = false;
};

Result<StreamTotals> Stream::run() {
  const auto start = std::chrono::steady_clock::now();
  QUERN_ASSIGN(text_bytes_, engine_.ledger().reserve("texts in flight", 0));
  while (true) {
    QUERN_TRY(fill());
    if (in_flight_.empty()) break;
    while (!is_front_done(kTick)) {
      report_progress();
      if (is_stopped()) return Status(Code::kCancelled, "interrupted");
      QUERN_TRY(fill());
    }
    const std::shared_ptr<Chunk> chunk = std::move(in_flight_.front());
    in_flight_.pop_front();
    QUERN_TRY(deliver(*chunk));
    QUERN_TRY(text_bytes_.resize(text_bytes_.bytes() - chunk->n_bytes));
    report_progress();
    if (is_stopped()) return Status(Code::kCancelled, "interrupted");
    if (in_flight_.empty() && !at_end_ && !job_.source->is_ready() && job_.on_idle) {
      QUERN_TRY(job_.on_idle());
    }
  }
  totals_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return totals_;
}

// Reads ahead; waits for input only when there is nothing else to do.
Status Stream::fill() {
  while (!at_end_ && in_flight_.size() < kMaxChunks &&
         (in_flight_.empty() || job_.source->is_ready())) {
    QUERN_ASSIGN(const std::shared_ptr<Chunk> chunk, read_chunk());
    if (!chunk->items.empty()) QUERN_TRY(submit(chunk));
  }
  return {};
}

Result<std::shared_ptr<Chunk>> Stream::read_chunk() {
  auto chunk = std::make_shared<Chunk>();
  while (chunk->items.size() < kChunkTexts && chunk->n_bytes < kChunkBytes) {
    if (!chunk->items.empty() && !job_.source->is_ready()) break;
    TextItem item;
    QUERN_ASSIGN(const bool more, job_.source->next(item));
    if (!more) {
      at_end_ = true;
      break;
    }
    chunk->n_bytes += item.text.size() + (item.text_pair ? item.text_pair->size() : 0);
    chunk->items.push_back(std::move(item));
  }
  n_read_ += static_cast<long>(chunk->items.size());
  return chunk;
}

Status Stream::submit(const std::shared_ptr<Chunk>& chunk) {
  QUERN_TRY(text_bytes_.resize(text_bytes_.bytes() + chunk->n_bytes));
  Request request = job_.request;
  for (const TextItem& item : chunk->items) {
    if (item.status.ok())
      request.inputs.push_back({.text = item.text, .text_pair = item.text_pair, .ids = {}});
  }
  in_flight_.push_back(chunk);
  if (request.inputs.empty()) {
    chunk->response.emplace();
    return {};
  }
  chunk->ticket =
      engine_.submit(std::move(request), [chunk, mailbox = mailbox_](Response response) {
        const std::lock_guard lock(mailbox->mutex);
        chunk->response = std::move(response);
        mailbox->arrived.notify_one();
      });
  return {};
}

bool Stream::is_front_done(std::chrono::milliseconds patience) {
  std::unique_lock lock(mailbox_->mutex);
  return mailbox_->arrived.wait_for(lock, patience,
                                    [&] { return in_flight_.front()->response.has_value(); });
}

Status Stream::deliver(Chunk& chunk) {
  chunk.ticket.reset();  // It may hold our callback, which holds the chunk.
  Response& response = *chunk.response;
  QUERN_TRY(response.status);
  std::size_t i_answer = 0;
  for (const TextItem& item : chunk.items) {
    Outcome outcome;
    if (!item.status.ok()) {
      outcome.status = item.status;
    } else {
      QUERN_CHECK(i_answer < response.outcomes.size());
      outcome = std::move(response.outcomes[i_answer++]);
    }
    ++totals_.n_texts;
    if (outcome.status.ok()) {
      totals_.n_tokens += outcome.n_tokens;
      totals_.n_dropped += outcome.n_dropped;
      if (outcome.n_dropped > 0) ++totals_.n_truncated;
    } else {
      ++totals_.n_failed;
    }
    QUERN_TRY(job_.sink(item, outcome));
  }
  return {};
}

void Stream::report_progress() {
  const auto time = std::chrono::steady_clock::now();
  if (!job_.on_progress || time < next_report_) return;
  next_report_ = time + kProgressEvery;
  const Stats now = engine_.stats();
  const long n_done = std::max(now.n_texts - at_start_.n_texts, totals_.n_texts);
  std::optional<double> share = job_.source->share_read();
  if (share && n_read_ > 0) *share *= static_cast<double>(n_done) / static_cast<double>(n_read_);
  job_.on_progress({.n_texts = n_done,
                    .n_tokens = now.n_tokens - at_start_.n_tokens,
                    .n_batches = now.n_batches - at_start_.n_batches,
                    .share = share});
}

// The engine still holds what was submitted: cancel it, so that the process can end.
void Stream::abandon() {
  for (const std::shared_ptr<Chunk>& chunk : in_flight_) {
    if (chunk->ticket) std::exchange(chunk->ticket, nullptr)->cancel();
  }
}

class FileSource final : public TextSource {
 public:
  explicit FileSource(TextReader reader) : reader_(std::move(reader)) {}
  Result<bool> next(TextItem& item) override { return reader_.next(item); }
  bool is_ready() const override { return reader_.is_ready(); }
  std::optional<double> share_read() const override {
    const auto total = reader_.bytes_total();
    if (!total || *total == 0) return std::nullopt;
    return static_cast<double>(reader_.bytes_read()) / static_cast<double>(*total);
  }

 private:
  TextReader reader_;
};

class ListSource final : public TextSource {
 public:
  explicit ListSource(std::vector<Input> inputs) : inputs_(std::move(inputs)) {}
  Result<bool> next(TextItem& item) override {
    if (at_ == inputs_.size()) return false;
    const Input& input = inputs_[at_++];
    item = {.line = static_cast<long>(at_),
            .text = input.text,
            .text_pair = input.text_pair,
            .status = {}};
    return true;
  }
  std::optional<double> share_read() const override {
    return static_cast<double>(at_) / static_cast<double>(inputs_.size());
  }

 private:
  std::vector<Input> inputs_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<TextSource> file_source(TextReader reader) {
  return std::make_unique<FileSource>(std::move(reader));
}

std::unique_ptr<TextSource> list_source(std::vector<Input> inputs) {
  return std::make_unique<ListSource>(std::move(inputs));
}

Result<StreamTotals> stream_texts(Engine& engine, StreamJob job) {
  return Stream(engine, std::move(job)).run();
}

}  // namespace quern::engine
