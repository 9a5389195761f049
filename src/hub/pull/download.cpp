#include "hub/pull/download.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "hub/pull/file_digest.h"
#include "hub/pull/partial_file.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

// One request asks for no more: what follows goes to whichever connection is free.
constexpr std::size_t kMaxRunPieces = 64;
// A store with several faces may give each its own tag: then the digest alone decides.
constexpr int kMaxChanges = 3;
constexpr int kMaxCorrupt = 2;
constexpr auto kLookEvery = std::chrono::milliseconds(100);

std::string place_of(const std::string& folder, const std::string& file) {
  return folder + "/" + file;
}

bool has_digest(const ListedFile& file) { return !file.sha256.empty() || !file.git_sha1.empty(); }

Result<PartialFile> open_part(const Download& download, const ListedFile& file) {
  return PartialFile::open(place_of(download.folder.part(), file.path), *file.n_bytes,
                           download.access.piece_bytes,
                           file.sha256.empty() ? file.git_sha1 : file.sha256);
}

/// The entity tag where it promises the same bytes, "" otherwise.
std::string strong_tag(const net::HttpHead& head) {
  const std::string* tag = head.find("etag");
  return tag == nullptr || tag->starts_with("W/") ? "" : *tag;
}

/// One file on its way.
struct Transfer {
  ListedFile want;
  std::optional<PartialFile> part;  // None once it is whole and checked.
  std::string sha256;               // Then.
  std::vector<bool> is_taken;       // Pieces, by runs.
  int n_runs = 0;                   // That write to it.
  bool takes_ranges = true;
  bool starts_over = false;  // Once the last run has let go.
  std::string tag;           // Of the content, by the store that sends it; "" while not known.
  int n_changes = 0;
  int n_corrupt = 0;
};

/// Pieces of a file that one connection fetches in a row.
struct Run {
  Transfer* file = nullptr;
  std::size_t first = 0;
  std::size_t last = 0;       // Not of it.
  bool has_all_anew = false;  // All of the file from its first byte, at each attempt.
};

class Downloads {
 public:
  Downloads(const Download& download, const std::vector<ListedFile>& files) : download_(download) {
    for (const ListedFile& file : files) files_.emplace_back().want = file;
  }

  /// Takes up what is there. Errors: kIo.
  Status open() {
    for (Transfer& file : files_) {
      const std::string whole = place_of(download_.folder.whole(), file.want.path);
      std::error_code error;
      if (fs::exists(whole, error)) {
        Result<std::string> sha256 = check_file(whole, file.want);
        if (sha256.ok()) {
          file.sha256 = std::move(*sha256);
          continue;
        }
        fs::remove(whole, error);
      }
      QUERN_ASSIGN(file.part, open_part(download_, file.want));
      file.is_taken.assign(file.part->n_pieces(), false);
      if (file.part->n_missing_bytes() == 0) QUERN_TRY(finish(file));
      file.n_corrupt = 0;  // What an earlier run left says nothing of this one.
    }
    return {};
  }

  bool is_done() {
    return std::all_of(files_.begin(), files_.end(), [](const Transfer& f) { return !f.part; });
  }

  /// Fetches until nothing is left. On a thread of its own, with others.
  void work() {
    HubClient client(
        download_.access, download_.reference,
        {.is_cancelled = [this] { return is_stopped(); }, .on_note = download_.watch.on_note});
    while (std::optional<Run> run = take()) {
      Status status = fetch(client, *run);
      if (give_back(*run) && status.ok()) status = verify(*run->file);
      if (!status.ok()) stop(status);
    }
    const std::lock_guard lock(mutex_);
    ++n_ended_;
    changed_.notify_all();
  }

  /// False if not all of `n` workers ended within the time.
  bool wait_ended(int n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLookEvery, [&] { return n_ended_ == n; });
  }

  void stop(const Status& status) {
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
    stopped_ = true;
    changed_.notify_all();
  }

  DownloadProgress progress() {
    const std::lock_guard lock(mutex_);
    DownloadProgress now;
    for (const Transfer& file : files_) {
      now.n_bytes_all += *file.want.n_bytes;
      now.n_bytes += *file.want.n_bytes - (file.part ? file.part->n_missing_bytes() : 0);
    }
    now.n_fetched = n_fetched_;
    return now;
  }

  Result<std::vector<ManifestFile>> result() {
    if (!failure_.ok()) return failure_;
    std::vector<ManifestFile> out;
    for (const Transfer& file : files_) {
      out.push_back({file.want.path, *file.want.n_bytes, file.sha256});
    }
    return out;
  }

 private:
  bool is_stopped() {
    if (stopped_) return true;
    if (!download_.watch.is_cancelled || !download_.watch.is_cancelled()) return false;
    stop({Code::kCancelled, "stopped"});
    return true;
  }

  std::optional<Run> take() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (stopped_) return {};
      bool is_busy = false;
      for (Transfer& file : files_) {
        if (!file.part) continue;
        if (const std::optional<Run> run = run_of(file)) {
          for (std::size_t i = run->first; i < run->last; ++i) file.is_taken[i] = true;
          ++file.n_runs;
          return run;
        }
        is_busy = is_busy || file.n_runs > 0;
      }
      if (!is_busy) return {};
      changed_.wait(lock);  // A run may come back with pieces that it did not get.
    }
  }

  /// The next pieces to fetch of a file.
  std::optional<Run> run_of(Transfer& file) const {
    if (file.starts_over) return {};
    const std::size_t n = file.part->n_pieces();
    if (!file.takes_ranges) {
      if (file.n_runs > 0) return {};
      return Run{.file = &file, .first = 0, .last = n, .has_all_anew = true};
    }
    const auto is_free = [&](std::size_t i) {
      return !file.part->is_whole(i) && !file.is_taken[i];
    };
    std::size_t n_free = 0;
    for (std::size_t i = 0; i < n; ++i) n_free += is_free(i) ? 1 : 0;
    // Towards the end runs get short, so that all connections end together.
    const auto n_connections = static_cast<std::size_t>(download_.access.n_connections);
    const std::size_t longest = std::clamp<std::size_t>(n_free / n_connections, 4, kMaxRunPieces);
    std::size_t first = 0;
    while (first < n && !is_free(first)) ++first;
    if (first == n) return {};
    std::size_t last = first;
    while (last < n && last - first < longest && is_free(last)) ++last;
    return Run{.file = &file, .first = first, .last = last};
  }

  /// True if all of the file is there now, and it is the caller's to check.
  bool give_back(const Run& run) {
    const std::lock_guard lock(mutex_);
    Transfer& file = *run.file;
    for (std::size_t i = run.first; i < run.last; ++i) file.is_taken[i] = false;
    bool is_complete = false;
    if (--file.n_runs == 0) {
      if (std::exchange(file.starts_over, false)) {
        if (const Status status = file.part->forget_pieces(); !status.ok() && failure_.ok()) {
          failure_ = status;
          stopped_ = true;
        }
      }
      is_complete = file.part->n_missing_bytes() == 0;
      if (is_complete) ++file.n_runs;  // Nobody else takes it meanwhile.
    }
    changed_.notify_all();
    return is_complete;
  }

  /// A whole file against its digest; of one that is wrong no piece counts any more.
  Status verify(Transfer& file) {
    const Status status = finish(file);
    const std::lock_guard lock(mutex_);
    --file.n_runs;
    changed_.notify_all();
    return status;
  }

  Status finish(Transfer& file) {
    Result<std::string> sha256 = check_file(file.part->path(), file.want);
    if (sha256.ok()) {
      QUERN_TRY(file.part->publish(place_of(download_.folder.whole(), file.want.path)));
      const std::lock_guard lock(mutex_);
      file.sha256 = std::move(*sha256);
      file.part.reset();
      return {};
    }
    if (sha256.status().code() != Code::kBadInput) return sha256.status();
    const std::lock_guard lock(mutex_);
    QUERN_TRY(file.part->forget_pieces());
    if (++file.n_corrupt >= kMaxCorrupt) {
      return {Code::kBadInput, fmt::format("{}, {} times: nothing was installed",
                                           sha256.status().message(), file.n_corrupt)};
    }
    note(sha256.status().message() + "; fetching it again");
    return {};
  }

  void note(const std::string& text) const {
    if (download_.watch.on_note) download_.watch.on_note(text);
  }

  /// Fetches the pieces of a run, over as many attempts as bring it forward. What it does not get
  /// is missing still.
  Status fetch(HubClient& client, const Run& run) {
    Transfer& file = *run.file;
    const std::string url = client.file_url(download_.commit, file.want.path);
    const std::uint64_t end = file.part->piece_end(run.last - 1);
    std::uint64_t at = file.part->piece_begin(run.first);
    std::size_t piece = run.first;  // The next to become whole.
    for (int i = 1;; ++i) {
      if (run.has_all_anew) {
        at = 0;
        piece = 0;
      }
      const std::uint64_t begin = at;
      const bool is_range = begin > 0 || end < *file.want.n_bytes;
      bool is_over = false;  // Another run has to be made of the file.
      const net::HttpSink sink{.on_answer =
                                   [&](const net::HttpAnswer& answer) {
                                     return take_answer(file, answer.last(), is_range, begin,
                                                        is_over);
                                   },
                               .on_body = [&](std::string_view bytes) -> Status {
                                 return take_bytes(run, bytes, end, at, piece, is_over);
                               }};
      net::HttpOutcome outcome =
          client.fetch({.url = url, .headers = range_headers(file, is_range, begin, end)}, sink);
      if (is_over || (!outcome.failure && at == end)) return {};
      if (!outcome.failure) {
        outcome.failure = net::HttpFailure{
            {Code::kUnavailable, fmt::format("'{}' ended after {} of {} bytes", file.want.path,
                                             at - begin, end - begin)},
            true};
      }
      if (!run.has_all_anew && at > begin) i = 1;  // It came forward.
      QUERN_TRY(client.wait_before(i, outcome).in(file.want.path));
    }
  }

  std::vector<std::string> range_headers(const Transfer& file, bool is_range, std::uint64_t begin,
                                         std::uint64_t end) {
    if (!is_range) return {};
    std::vector<std::string> headers = {fmt::format("Range: bytes={}-{}", begin, end - 1)};
    const std::lock_guard lock(mutex_);
    if (!file.tag.empty() && file.n_changes < kMaxChanges) {
      headers.push_back("If-Range: " + file.tag);
    }
    return headers;
  }

  Status take_answer(Transfer& file, const net::HttpHead& head, bool is_range, std::uint64_t begin,
                     bool& is_over) {
    const std::lock_guard lock(mutex_);
    const auto leave = [&]() -> Status {
      is_over = true;
      return {Code::kCancelled, "another run"};
    };
    if (file.starts_over) return leave();
    const std::string tag = strong_tag(head);
    if (!tag.empty() && !file.tag.empty() && tag != file.tag && file.n_changes < kMaxChanges) {
      if (++file.n_changes == kMaxChanges && !has_digest(file.want)) {
        return {Code::kUnavailable,
                fmt::format("'{}' changes on the hub while it is fetched", file.want.path)};
      }
      file.tag = tag;
      file.starts_over = true;
      return leave();
    }
    if (file.tag.empty()) file.tag = tag;
    if (head.status == 206) return check_range(file.want, head, begin);
    if (is_range) {  // The server sends whole files only.
      file.takes_ranges = false;
      return leave();
    }
    const std::string* length = head.find("content-length");
    if (length == nullptr || *length == std::to_string(*file.want.n_bytes)) return {};
    return wrong_size(file.want, *length);
  }

  static Status wrong_size(const ListedFile& file, const std::string& got) {
    return {Code::kBadInput,
            fmt::format("'{}' has {} bytes where it is fetched from, the hub lists {}", file.path,
                        got, *file.n_bytes)};
  }

  /// "bytes 100-199/1000". Some mirrors leave it out: then the digest decides.
  static Status check_range(const ListedFile& file, const net::HttpHead& head,
                            std::uint64_t begin) {
    const std::string* range = head.find("content-range");
    if (range == nullptr) return {};
    const std::string total = range->substr(range->rfind('/') + 1);
    if (total != "*" && total != std::to_string(*file.n_bytes)) return wrong_size(file, total);
    if (range->starts_with(fmt::format("bytes {}-", begin))) return {};
    return {Code::kUnavailable,
            fmt::format("'{}' comes as '{}', want it from byte {} on", file.path, *range, begin)};
  }

  Status take_bytes(const Run& run, std::string_view bytes, std::uint64_t end, std::uint64_t& at,
                    std::size_t& piece, bool& is_over) {
    Transfer& file = *run.file;
    if (bytes.size() > end - at) {
      return {Code::kUnavailable,
              fmt::format("more came of '{}' than was asked for", file.want.path)};
    }
    QUERN_TRY(file.part->write(at, bytes));
    at += bytes.size();
    n_fetched_ += bytes.size();
    const std::lock_guard lock(mutex_);
    if (file.starts_over) {
      is_over = true;
      return {Code::kCancelled, "another run"};
    }
    for (; piece < run.last && file.part->piece_end(piece) <= at; ++piece) {
      QUERN_TRY(file.part->mark_whole(piece));
    }
    return {};
  }

  const Download& download_;
  std::vector<Transfer> files_;
  std::atomic<std::uint64_t> n_fetched_{0};
  std::atomic<bool> stopped_{false};

  std::mutex mutex_;  // Of the transfers and of what follows.
  std::condition_variable changed_;
  Status failure_;
  int n_ended_ = 0;
};

}  // namespace

Result<std::uint64_t> n_bytes_missing(const Download& download,
                                      const std::vector<ListedFile>& files) {
  std::uint64_t n = 0;
  for (const ListedFile& file : files) {
    std::error_code error;
    if (fs::exists(place_of(download.folder.whole(), file.path), error)) continue;
    // Nothing is made yet for a file that is only listed: it may be of any size.
    if (!fs::exists(place_of(download.folder.part(), file.path), error)) {
      n += *file.n_bytes;
      continue;
    }
    QUERN_ASSIGN(const PartialFile part, open_part(download, file));
    n += part.n_missing_bytes();
  }
  return n;
}

Result<std::vector<ManifestFile>> download_files(const Download& download,
                                                 const std::vector<ListedFile>& files) {
  Downloads downloads(download, files);
  QUERN_TRY(downloads.open());
  if (!downloads.is_done()) {
    std::vector<std::thread> threads;
    for (int i = 0; i < std::max(download.access.n_connections, 1); ++i) {
      threads.emplace_back([&downloads] { downloads.work(); });
    }
    while (!downloads.wait_ended(static_cast<int>(threads.size()))) {
      if (download.on_progress) download.on_progress(downloads.progress());
    }
    for (std::thread& thread : threads) thread.join();
  }
  if (download.on_progress) download.on_progress(downloads.progress());
  return downloads.result();
}

}  // namespace quern::hub
