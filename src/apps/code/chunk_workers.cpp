#include "apps/code/chunk_workers.h"

#include <algorithm>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "apps/code/chunk_worker.h"

namespace quern::apps {
namespace {

constexpr const char* kTenant = "code/parser";

// More would take the time of whoever is looking at the files meanwhile.
constexpr int kEarlyWorkers = 2;

// More than any answer about a text can have.
constexpr std::size_t kLeastReplyLimit = 65536;
constexpr std::size_t kReplyBytesPerByte = 512;

}  // namespace

ChunkWorkers::ChunkWorkers(const Options& options) : options_(options) {
  if (options_.ledger != nullptr) {
    registration_.emplace(*options_.ledger, ReclaimRank::kScratch, *this);
  }
}

ChunkWorkers::~ChunkWorkers() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  idle_.clear();
}

Result<ChunkWorkers::Worker> ChunkWorkers::start() {
  Worker worker;
  if (options_.ledger != nullptr) {
    Result<Reservation> memory = options_.ledger->reserve(kTenant, options_.child.heap_bytes);
    // What this budget can never give, another run's may.
    if (!memory.ok()) return {Code::kExhausted, memory.status().message()};
    worker.memory = std::move(*memory);
  }
  std::promise<Result<std::unique_ptr<ChildProcess>>> promise;
  std::future<Result<std::unique_ptr<ChildProcess>>> started = promise.get_future();
  starter_.add([&] { promise.set_value(ChildProcess::start(options_.child)); });
  QUERN_ASSIGN(worker.process, started.get());
  return worker;
}

void ChunkWorkers::start_early() {
  const std::lock_guard lock(mutex_);
  if (n_alive_ > 0) return;
  for (; n_alive_ < std::min(options_.n_children, kEarlyWorkers); ++n_alive_) {
    starter_.add([this] {
      Worker worker;
      if (options_.ledger != nullptr) {
        Result<Reservation> memory =
            options_.ledger->reserve(kTenant, options_.child.heap_bytes, Reclaim::kNever);
        if (!memory.ok()) return lose();
        worker.memory = std::move(*memory);
      }
      Result<std::unique_ptr<ChildProcess>> process = ChildProcess::start(options_.child);
      // Whoever wants one says why there is none.
      if (!process.ok()) return lose();
      worker.process = std::move(*process);
      give_back(std::move(worker));
    });
  }
}

std::size_t ChunkWorkers::reclaimable_bytes() {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const Worker& worker : idle_) bytes += worker.memory.bytes();
  return bytes;
}

void ChunkWorkers::reclaim(std::size_t bytes) {
  std::vector<Worker> ended;  // Ends them behind the lock: each is waited for.
  const std::lock_guard lock(mutex_);
  for (std::size_t freed = 0; freed < bytes && !idle_.empty(); --n_alive_) {
    freed += idle_.back().memory.bytes();
    ended.push_back(std::move(idle_.back()));
    idle_.pop_back();
  }
  cv_.notify_all();
}

Result<ChunkWorkers::Worker> ChunkWorkers::take() {
  std::unique_lock lock(mutex_);
  while (true) {
    cv_.wait(lock, [&] { return !idle_.empty() || n_alive_ < options_.n_children; });
    if (!idle_.empty()) {
      Worker worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
    ++n_alive_;
    lock.unlock();
    Result<Worker> worker = start();
    if (worker.ok()) return worker;
    lock.lock();
    --n_alive_;
    // Where memory is short, one is better than none.
    if (worker.status().code() != Code::kExhausted || n_alive_ == 0) {
      cv_.notify_one();
      return worker.status();
    }
    cv_.wait(lock, [&] { return !idle_.empty() || n_alive_ == 0; });
  }
}

void ChunkWorkers::give_back(Worker worker) {
  const std::lock_guard lock(mutex_);
  if (!is_stopping_) idle_.push_back(std::move(worker));
  cv_.notify_all();
}

void ChunkWorkers::lose() {
  const std::lock_guard lock(mutex_);
  --n_alive_;
  cv_.notify_all();
}

ChunkWorkers::Exchange ChunkWorkers::exchange(ChildProcess& process,
                                              const ChunkRequest& request) const {
  using End = Exchange::End;
  const auto deadline = std::chrono::steady_clock::now() + request.time_limit + options_.patience;
  const std::string head = encode_request(request);
  const FrameHead frame = frame_head(head.size() + request.text.size());
  Status status = process.write(std::string(frame.data(), frame.size()) + head, deadline);
  if (!status.ok()) return {End::kNotHeard, status};
  status = process.write(request.text, deadline);
  FrameHead answer;
  if (status.ok()) status = process.read(answer, deadline);
  if (!status.ok()) return {End::kFailed, status};
  const Result<std::size_t> n_bytes = parse_frame_head(answer);
  if (!n_bytes.ok()) return {End::kFailed, n_bytes.status()};
  if (*n_bytes > kLeastReplyLimit + kReplyBytesPerByte * request.text.size()) {
    return {End::kFailed, Status(Code::kBadInput, "a parser's message is longer than any can be")};
  }
  std::string bytes(*n_bytes, '\0');
  status = process.read(bytes, deadline);
  if (!status.ok()) return {End::kFailed, status};
  Result<ChunkedCode> code = decode_reply(bytes, request.text);
  const bool is_nonsense = code.status().code() == Code::kBadInput;
  return {is_nonsense ? End::kFailed : End::kAnswered, std::move(code)};
}

Result<ChunkedCode> ChunkWorkers::ask(const ChunkRequest& request) {
  for (int attempt = 0;; ++attempt) {
    QUERN_ASSIGN(Worker worker, take());
    Exchange exchange = this->exchange(*worker.process, request);
    if (exchange.end == Exchange::End::kAnswered) {
      give_back(std::move(worker));
      return std::move(exchange.code);
    }
    const std::string ending = worker.process->end();
    worker = {};
    lose();
    if (exchange.end == Exchange::End::kNotHeard && attempt < 2) continue;
    const Status& status = exchange.code.status();
    switch (status.code()) {
      case Code::kUnavailable:
        return {Code::kUnavailable, ending == fmt::format("exit code {}", kExitNoMemory)
                                        ? std::string("the parser ran out of memory")
                                        : fmt::format("the parser crashed ({})", ending)};
      case Code::kDeadline:
        return {Code::kDeadline, "the parser did not answer in time and was ended"};
      default:
        return status;
    }
  }
}

}  // namespace quern::apps
