#include "apps/vector_stream.h"

#include <chrono>
#include <utility>

#include "base/check.h"

namespace quern::apps {
namespace {

// Enough in flight that the scheduler can put close lengths together, little enough that memory
// stays flat: as engine/texts/text_stream has it.
constexpr std::size_t kChunkWindows = 128;
constexpr std::size_t kChunkBytes = std::size_t{512} << 10;
constexpr std::size_t kMaxChunks = 8;
// Texts of the log need no batch, but wait behind those that do.
constexpr std::size_t kMaxWaiting = 4096;
constexpr auto kTick = std::chrono::milliseconds(50);

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n\v\f") == text.npos; }

}  // namespace

VectorStream::VectorStream(VectorStreamJob job) : job_(std::move(job)) {
  QUERN_CHECK(job_.embedder != nullptr && job_.next_text);
}

VectorStream::~VectorStream() {
  for (const std::shared_ptr<Chunk>& chunk : in_flight_) {
    // The ticket may hold our callback, which holds the chunk.
    if (chunk->ticket) std::exchange(chunk->ticket, nullptr)->cancel();
  }
}

Result<std::optional<EmbeddedText>> VectorStream::next() {
  while (true) {
    if (is_stopped()) return Status(Code::kCancelled, "interrupted");
    QUERN_TRY(fill());
    if (waiting_.empty()) return std::optional<EmbeddedText>();
    if (waiting_.front()->n_windows == 0) break;
    QUERN_TRY(wait_for_front());
    QUERN_TRY(finish_front());
  }
  const std::shared_ptr<Entry> entry = std::move(waiting_.front());
  waiting_.pop_front();
  if (entry->same_as) {
    entry->out.status = entry->same_as->out.status;
    entry->out.vector = entry->same_as->out.vector;
  } else {
    under_way_.erase(entry->key);
  }
  ++counts_.n_texts;
  if (!entry->out.status.ok()) ++counts_.n_failed;
  // Repetitions may still want it.
  return std::optional<EmbeddedText>(entry->out);
}

Status VectorStream::fill() {
  while (!at_end_ && in_flight_.size() < kMaxChunks && waiting_.size() < kMaxWaiting) {
    QUERN_ASSIGN(std::optional<TextToEmbed> text, job_.next_text());
    if (!text) {
      at_end_ = true;
      break;
    }
    QUERN_TRY(take_text(std::move(*text)));
    // One that is ready goes out before others are read.
    if (waiting_.size() == 1 && waiting_.front()->n_windows == 0) return {};
  }
  if (filling_ != nullptr && (at_end_ || in_flight_.empty())) submit();
  return {};
}

Status VectorStream::take_text(TextToEmbed text) {
  auto entry = std::make_shared<Entry>();
  waiting_.push_back(entry);
  entry->out.id = text.id;
  if (is_blank(text.text)) return {};
  if (job_.log != nullptr) {
    entry->key = job_.log->key_of(text.text);
    entry->out.vector = job_.log->find(entry->key);
    if (entry->out.vector) {
      ++counts_.n_found;
      return {};
    }
    // The first of a text is done before its repetitions have their turn.
    const auto first = under_way_.find(entry->key);
    if (first != under_way_.end()) {
      entry->same_as = first->second;
      ++counts_.n_found;
      return {};
    }
  }
  const Result<std::vector<std::string_view>> windows = job_.embedder->windows(text.text);
  if (!windows.ok()) {
    entry->out.status = windows.status();
    return {};
  }
  if (job_.log != nullptr) under_way_[entry->key] = entry;
  entry->n_windows = static_cast<int>(windows->size());
  if (windows->size() > 1) ++counts_.n_windowed;
  for (const std::string_view window : *windows) {
    if (filling_ == nullptr) {
      filling_ = std::make_shared<Chunk>();
      filling_->request = job_.embedder->text_request();
      filling_->request.work_class = job_.work_class;
      filling_->request.deadline = job_.deadline;
    }
    filling_->request.inputs.emplace_back();
    filling_->request.inputs.back().text = window;
    filling_->entries.push_back(entry);
    filling_->n_bytes += window.size();
    if (filling_->entries.size() >= kChunkWindows || filling_->n_bytes >= kChunkBytes) submit();
  }
  return {};
}

void VectorStream::submit() {
  const std::shared_ptr<Chunk> chunk = std::exchange(filling_, nullptr);
  in_flight_.push_back(chunk);
  chunk->ticket = job_.embedder->engine().submit(
      std::move(chunk->request), [chunk, mailbox = mailbox_](engine::Response response) {
        const std::lock_guard lock(mailbox->mutex);
        chunk->response = std::move(response);
        mailbox->arrived.notify_one();
      });
}

Status VectorStream::wait_for_front() {
  QUERN_CHECK(!in_flight_.empty());
  const Chunk& front = *in_flight_.front();
  while (true) {
    if (is_stopped()) return {Code::kCancelled, "interrupted"};
    std::unique_lock lock(mailbox_->mutex);
    if (mailbox_->arrived.wait_for(lock, kTick, [&] { return front.response.has_value(); })) {
      return {};
    }
  }
}

Status VectorStream::finish_front() {
  const std::shared_ptr<Chunk> chunk = std::move(in_flight_.front());
  in_flight_.pop_front();
  chunk->ticket.reset();
  engine::Response& response = *chunk->response;
  QUERN_TRY(response.status);
  QUERN_CHECK(response.outcomes.size() == chunk->entries.size());
  for (std::size_t i = 0; i < chunk->entries.size(); ++i) {
    Entry& entry = *chunk->entries[i];
    engine::Outcome& outcome = response.outcomes[i];
    counts_.n_tokens += outcome.n_tokens;
    if (!outcome.status.ok()) {
      entry.out.status = outcome.status;
    } else if (entry.out.status.ok()) {
      entry.mean.add(std::move(outcome.values));
    }
    if (--entry.n_windows == 0) finish(entry);
  }
  return {};
}

void VectorStream::finish(Entry& entry) {
  if (!entry.out.status.ok()) return;
  Result<store::OwnedRow> vector =
      store::code_row(entry.mean.take(), job_.embedder->d(), job_.embedder->metric());
  if (!vector.ok()) {
    entry.out.status = vector.status();
    return;
  }
  if (job_.log != nullptr) job_.log->put(entry.key, *vector);
  entry.out.vector = std::move(*vector);
}

}  // namespace quern::apps
