// Vectors by what they were made of, shared by all stores of a home: a text that was embedded once
// under a fingerprint (which names the model, its arithmetic and the prompt) is not embedded again,
// whatever became of the store that it was for. A cache: what cannot be written is only said, and
// what is damaged is embedded anew. docs/format_vector_log.md.
//
//   home/vectors/FINGERPRINT/N.qvl   records, appended to by one process at a time
//   home/vectors/FINGERPRINT/N.qvk   their keys

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "apps/vector_log_file.h"
#include "apps/vector_log_form.h"
#include "base/byte_ledger.h"
#include "base/status.h"

namespace quern::apps {

struct VectorLogOptions {
  std::string folder;                                  // Of all fingerprints: home/vectors.
  std::uint64_t limit_bytes = std::uint64_t{4} << 30;  // Of all; the oldest file goes first.
  std::uint64_t file_bytes = std::uint64_t{256} << 20;
  ByteLedger* ledger = nullptr;  // Null: memory is not booked.
};

/// Threads: one at a time. Any number of logs may be open in one folder, in any processes.
class VectorLog {
 public:
  static constexpr const char* kTenant = "vectors/log";

  /// Reads the keys of what is there, 16 bytes a vector; files that cannot be used are left out
  /// with a warning. Makes nothing before something is put. Errors: kBadInput for a fingerprint
  /// that is no SHA-256 in hex or a d that no vector has; kExhausted for the memory.
  static Result<std::unique_ptr<VectorLog>> open(const VectorLogOptions& options,
                                                 const std::string& fingerprint, int d);

  VectorLog(const VectorLog&) = delete;
  VectorLog& operator=(const VectorLog&) = delete;
  ~VectorLog();  // Flushes.

  VectorKey key_of(std::string_view text) const { return vector_key(fingerprint_, text); }

  /// To the bit what was put; nothing where it is not there or damaged.
  std::optional<store::OwnedRow> find(const VectorKey& key);

  bool has(const VectorKey& key) const { return places_.contains(key); }

  /// Keeps a vector, if it is a new one. It is written by and by; what cannot be is said once.
  /// Shapes: planes [padded_codes(d)].
  void put(const VectorKey& key, const store::OwnedRow& vector);

  /// Writes what was put. A process that is killed after this has lost none of it.
  void flush();

  std::size_t n_vectors() const { return places_.size(); }
  int d() const { return d_; }

 private:
  struct Place {
    std::uint32_t i_file = 0;  // kPending: not written yet.
    std::uint32_t i_record = 0;
  };
  static constexpr std::uint32_t kPending = 0xffffffff;

  VectorLog(VectorLogOptions options, std::string fingerprint, int d)
      : options_(std::move(options)), fingerprint_(std::move(fingerprint)), d_(d) {}

  std::string folder() const { return options_.folder + "/" + fingerprint_; }
  std::string stem(std::uint64_t number) const;
  Status read_all();
  Status read_keys(std::uint32_t i_file);
  Status book(std::size_t n_vectors);
  Status write_pending();
  Status find_file_to_append();
  Status make_file();
  void forget_pending();
  void stop_writing(const Status& why);

  const VectorLogOptions options_;
  const std::string fingerprint_;
  const int d_;
  Reservation memory_;
  std::vector<VectorLogFile> files_;
  std::vector<std::uint32_t> n_known_;  // [files_] Keys that were read.
  std::unordered_map<VectorKey, Place> places_;
  std::optional<std::uint32_t> appending_;  // The file whose lock is held.
  bool is_stopped_ = false;                 // Nothing is written any more.

  std::vector<VectorKey> pending_keys_;
  std::string pending_;  // Their records.
};

/// Removes the files that were written longest ago, of any fingerprint, until all take at most
/// `limit_bytes`; those that are being appended to stay. How many bytes are left.
std::uint64_t trim_vector_logs(const std::string& folder, std::uint64_t limit_bytes);

}  // namespace quern::apps
