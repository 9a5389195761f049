#include "apps/code/source_reading.h"

#include <algorithm>
#include <limits>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "apps/code/code_documents.h"
#include "apps/code/file_kind.h"
#include "apps/code/read_source.h"
#include "base/check.h"
#include "base/sha256.h"

namespace quern::apps {
namespace {

// Held by files that were read and not handed over yet; the next in order is never kept waiting.
constexpr std::uint64_t kMaxBytesHeld = std::uint64_t{8} << 20;

std::string digest_of(std::string_view bytes) {
  Sha256 sha;
  sha.add(std::as_bytes(std::span(bytes)));
  const Sha256Digest digest = sha.digest();
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

ReadFile read_code_file(const std::string& root, const FileToRead& wanted, std::uint64_t max_bytes,
                        Chunker& chunker) {
  ReadFile out;
  out.facts.walked = wanted.file;
  const std::string& path = wanted.file.path;
  if (path.size() > kMaxCodePathBytes) {
    out.facts.note = fmt::format("its path has {} bytes, at most {} are indexed", path.size(),
                                 kMaxCodePathBytes);
    out.facts.read_ns = std::numeric_limits<std::int64_t>::max();  // Its content does not matter.
    return out;
  }
  Result<SourceBytes> source = read_source(root, path, max_bytes);
  if (!source.ok()) {
    out.is_gone = source.status().code() == Code::kNotFound;
    out.is_unreadable = source.status().code() == Code::kIo;
    out.facts.note = source.status().message();
    return out;  // read_ns is 0: it is looked at again the next time.
  }
  out.facts.walked = source->file;
  out.facts.read_ns = source->read_ns;
  out.n_bytes = source->bytes.size();
  out.facts.digest = digest_of(source->bytes);
  if (!wanted.old_digest.empty() && out.facts.digest == wanted.old_digest) {
    out.has_old_content = true;
    return out;
  }
  if (std::optional<std::string> why_not = why_no_text(path, source->bytes)) {
    out.facts.note = std::move(*why_not);
    return out;
  }
  const std::string utf8 = utf8_from_source(std::move(source->bytes));
  const FileKind kind = kind_of_file(path, utf8);
  const ChunkedCode chunked = chunker.chunk(kind.language, utf8);
  out.facts.language = kind.language;
  out.facts.n_text_bytes = utf8.size();
  out.facts.n_chunks = static_cast<std::uint32_t>(chunked.chunks.size());
  out.facts.by_syntax = chunked.by_syntax;
  out.facts.note = chunked.note;
  if (chunked.is_passing) {
    const bool is_same = out.facts.digest == wanted.tried_digest;
    out.facts.n_tries = is_same ? std::min(wanted.n_tries + 1, kMaxCutTries) : 1;
    if (out.facts.n_tries < kMaxCutTries) out.facts.read_ns = 0;
  }
  if (chunked.chunks.empty()) out.facts.note = "nothing but white space";
  out.documents = documents_of_file(path, kind, utf8, chunked);
  return out;
}

SourceReading::SourceReading(std::string root, const std::vector<FileToRead>& files,
                             std::uint64_t max_bytes, Chunker& chunker, int n_threads)
    : root_(std::move(root)), files_(files), max_bytes_(max_bytes), chunker_(chunker) {
  const std::size_t n = std::min<std::size_t>(files.size(), static_cast<std::size_t>(n_threads));
  try {
    for (std::size_t i = 0; i < n; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // Those that there are do it; without any, whoever asks.
  }
}

SourceReading::~SourceReading() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void SourceReading::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] {
      return is_stopped_ || n_taken_ == files_.size() || n_bytes_held_ < kMaxBytesHeld ||
             n_taken_ == n_given_;
    });
    if (is_stopped_ || n_taken_ == files_.size()) return;
    const std::size_t i = n_taken_++;
    lock.unlock();
    ReadFile file = read_code_file(root_, files_[i], max_bytes_, chunker_);
    lock.lock();
    n_bytes_held_ += file.n_bytes;
    done_.emplace(i, std::move(file));
    changed_.notify_all();
  }
}

ReadFile SourceReading::next() {
  std::unique_lock lock(mutex_);
  QUERN_CHECK(n_given_ < files_.size());
  if (threads_.empty()) {
    lock.unlock();
    return read_code_file(root_, files_[n_given_++], max_bytes_, chunker_);
  }
  changed_.wait(lock, [&] { return done_.contains(n_given_); });
  ReadFile out = std::move(done_.extract(n_given_).mapped());
  ++n_given_;
  n_bytes_held_ -= out.n_bytes;
  changed_.notify_all();
  return out;
}

}  // namespace quern::apps
