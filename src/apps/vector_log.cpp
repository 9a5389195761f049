#include "apps/vector_log.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/file_layer.h"
#include "base/log.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFlushBytes = std::size_t{1} << 20;
// Where little is allowed, files are small: what goes first is then not nearly all there is.
constexpr std::uint64_t kFilesOfLimit = 4;
// A node of the map of places, its bucket included.
constexpr std::size_t kBytesPerVector = 64;
// Books are written for so many at once.
constexpr std::size_t kBookedAtOnce = 16384;
constexpr std::string_view kRecordsSuffix = ".qvl";
constexpr std::string_view kKeysSuffix = ".qvk";

bool is_fingerprint(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// N of "N.qvl" or "N.qvk"; nothing for any other name.
std::optional<std::uint64_t> number_of(std::string_view name) {
  if (!name.ends_with(kRecordsSuffix) && !name.ends_with(kKeysSuffix)) return std::nullopt;
  name.remove_suffix(kRecordsSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

struct LogFileAge {
  fs::file_time_type at;
  std::string stem;
  std::uint64_t n_bytes = 0;  // Of both.

  bool operator<(const LogFileAge& other) const {
    return std::tie(at, stem) < std::tie(other.at, other.stem);
  }
};

// Files may come and go meanwhile: what cannot be looked at is left out.
std::vector<LogFileAge> all_log_files(const std::string& folder) {
  std::vector<LogFileAge> out;
  const Result<std::vector<std::string>> fingerprints = list_folder(folder);
  if (!fingerprints.ok()) return out;
  for (const std::string& fingerprint : *fingerprints) {
    if (!is_fingerprint(fingerprint)) continue;
    const std::string inner = folder + "/" + fingerprint;
    const Result<std::vector<std::string>> names = list_folder(inner);
    if (!names.ok()) continue;
    for (const std::string& name : *names) {
      if (!number_of(name) || !name.ends_with(kRecordsSuffix)) continue;
      LogFileAge file;
      file.stem = inner + "/" + name.substr(0, name.size() - kRecordsSuffix.size());
      std::error_code error;
      file.at = fs::last_write_time(log_records_path(file.stem), error);
      if (!error) file.n_bytes = fs::file_size(log_records_path(file.stem), error);
      if (error) continue;
      const auto key_bytes = fs::file_size(log_keys_path(file.stem), error);
      if (!error) file.n_bytes += key_bytes;
      out.push_back(std::move(file));
    }
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<VectorLog>> VectorLog::open(const VectorLogOptions& options,
                                                   const std::string& fingerprint, int d) {
  if (!is_fingerprint(fingerprint)) {
    return {Code::kBadInput, fmt::format("'{}' is no fingerprint", fingerprint)};
  }
  if (d < 1 || d > kernels::kMaxCodes) {
    return {Code::kBadInput,
            fmt::format("vectors of {} numbers, want 1 to {}", d, kernels::kMaxCodes)};
  }
  VectorLogOptions own = options;
  own.file_bytes = std::min(own.file_bytes, own.limit_bytes / kFilesOfLimit);
  std::unique_ptr<VectorLog> log(new VectorLog(std::move(own), fingerprint, d));
  QUERN_TRY(log->read_all());
  return log;
}

VectorLog::~VectorLog() { flush(); }

std::string VectorLog::stem(std::uint64_t number) const {
  return fmt::format("{}/{}", folder(), number);
}

Status VectorLog::read_all() {
  if (options_.ledger != nullptr) {
    QUERN_ASSIGN(memory_, options_.ledger->reserve(kTenant, 0));
  }
  const Result<std::vector<std::string>> names = list_folder(folder());
  if (!names.ok()) {
    if (names.status().code() != Code::kNotFound) log_warn("{}", names.status().message());
    return {};
  }
  for (const std::string& name : *names) {
    const std::optional<std::uint64_t> number = number_of(name);
    if (!number || !name.ends_with(kRecordsSuffix)) continue;
    Result<VectorLogFile> file = VectorLogFile::open(stem(*number), d_);
    if (!file.ok()) {
      const Code code = file.status().code();
      const bool is_moving = code == Code::kUnavailable || code == Code::kNotFound;  // By others.
      if (!is_moving) log_warn("vectors are not kept: {}", file.status().message());
      continue;
    }
    files_.push_back(std::move(*file));
    n_known_.push_back(0);
    QUERN_TRY(read_keys(static_cast<std::uint32_t>(files_.size() - 1)));
  }
  return {};
}

// Of two that have a key the later one counts: either is whole, or is found out when it is read.
Status VectorLog::read_keys(std::uint32_t i_file) {
  const Result<std::vector<VectorKey>> keys = files_[i_file].keys(n_known_[i_file]);
  if (!keys.ok()) {
    log_warn("vectors are not kept: {}", keys.status().message());
    return {};
  }
  QUERN_TRY(book(places_.size() + keys->size()));
  places_.reserve(places_.size() + keys->size());
  for (const VectorKey& key : *keys) places_[key] = {i_file, n_known_[i_file]++};
  return {};
}

Status VectorLog::book(std::size_t n_vectors) {
  const std::size_t wanted = n_vectors * kBytesPerVector;
  if (options_.ledger == nullptr || wanted <= memory_.bytes()) return {};
  return memory_.resize(wanted + kBookedAtOnce * kBytesPerVector);
}

std::optional<store::OwnedRow> VectorLog::find(const VectorKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  const Place place = found->second;
  if (place.i_file == kPending) {
    const std::size_t n = log_record_bytes(d_);
    const auto bytes = store::bytes_of(pending_).subspan(place.i_record * n, n);
    return std::move(parse_log_record(bytes, d_)->vector);
  }
  std::optional<store::OwnedRow> vector = files_[place.i_file].read(place.i_record, key);
  if (!vector) places_.erase(found);
  return vector;
}

void VectorLog::put(const VectorKey& key, const store::OwnedRow& vector) {
  if (is_stopped_ || options_.limit_bytes == 0 || has(key)) return;
  if (const Status status = book(places_.size() + 1); !status.ok()) return stop_writing(status);
  places_[key] = {kPending, static_cast<std::uint32_t>(pending_keys_.size())};
  pending_keys_.push_back(key);
  append_log_record(key, vector, d_, pending_);
  if (pending_.size() >= kFlushBytes) flush();
}

void VectorLog::flush() {
  if (is_stopped_ || pending_keys_.empty()) return;
  if (const Status status = write_pending(); !status.ok()) stop_writing(status);
}

Status VectorLog::write_pending() {
  QUERN_TRY(find_file_to_append());
  VectorLogFile& file = files_[*appending_];
  const std::uint32_t first = file.n_records();
  QUERN_TRY(file.append(store::bytes_of(pending_), pending_keys_));
  for (std::uint32_t i = 0; i < pending_keys_.size(); ++i) {
    places_[pending_keys_[i]] = {*appending_, first + i};
  }
  n_known_[*appending_] = file.n_records();
  pending_keys_.clear();
  pending_.clear();
  if (file.n_bytes() >= options_.file_bytes) {
    file.unlock();
    appending_.reset();
  }
  return {};
}

// The newest that has room and that nobody appends to; else a new one.
Status VectorLog::find_file_to_append() {
  if (appending_) return {};
  for (std::size_t i = files_.size(); i-- > 0;) {
    if (files_[i].n_bytes() >= options_.file_bytes) continue;
    if (!files_[i].lock().ok()) continue;
    appending_ = static_cast<std::uint32_t>(i);
    // Others may have added to it, or a torn tail went.
    n_known_[i] = std::min(n_known_[i], files_[i].n_records());
    return read_keys(*appending_);
  }
  return make_file();
}

Status VectorLog::make_file() {
  std::error_code error;
  fs::create_directories(folder(), error);
  if (error) return {Code::kIo, fmt::format("cannot make '{}': {}", folder(), error.message())};
  const std::uint64_t left =
      trim_vector_logs(options_.folder, options_.limit_bytes - options_.file_bytes);
  if (left > options_.limit_bytes) {
    return {Code::kExhausted, fmt::format("'{}' has {}, the limit is {}", options_.folder,
                                          human_bytes(left), human_bytes(options_.limit_bytes))};
  }
  QUERN_ASSIGN(const std::vector<std::string> names, list_folder(folder()));
  std::uint64_t number = 0;
  for (const std::string& name : names) number = std::max(number, number_of(name).value_or(0));
  // Somebody else may be at the same.
  constexpr int kTries = 64;
  for (int i = 0; i < kTries; ++i) {
    Result<VectorLogFile> file = VectorLogFile::create(stem(++number), d_);
    if (!file.ok() && file.status().code() == Code::kUnavailable) continue;
    if (!file.ok()) return file.status();
    appending_ = static_cast<std::uint32_t>(files_.size());
    files_.push_back(std::move(*file));
    n_known_.push_back(0);
    return {};
  }
  return {Code::kUnavailable, fmt::format("no file of '{}' could be made", folder())};
}

void VectorLog::forget_pending() {
  for (const VectorKey& key : pending_keys_) places_.erase(key);
  pending_keys_.clear();
  pending_.clear();
}

void VectorLog::stop_writing(const Status& why) {
  log_warn("vectors are not kept in the log any more: {}", why.message());
  forget_pending();
  is_stopped_ = true;
}

std::uint64_t trim_vector_logs(const std::string& folder, std::uint64_t limit_bytes) {
  std::vector<LogFileAge> files = all_log_files(folder);
  std::sort(files.begin(), files.end());
  std::uint64_t n_bytes = 0;
  for (const LogFileAge& file : files) n_bytes += file.n_bytes;
  for (const LogFileAge& file : files) {
    if (n_bytes <= limit_bytes) break;
    if (!remove_log_file(file.stem)) continue;
    n_bytes -= file.n_bytes;
    // The last one of a fingerprint takes its folder along.
    std::error_code error;
    fs::remove(fs::path(file.stem).parent_path(), error);
  }
  return n_bytes;
}

}  // namespace quern::apps
