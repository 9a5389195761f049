// The lines of a run over a file of claims, with the checkpoint from which the same command goes on
// after it was cut off: no line twice, none left out. As cli/resumable_output.h, for lines of JSON;
// which run it is stands in the checkpoint from its first moment, so that the database has each of
// its claims once.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "apps/claims/claim_batch.h"
#include "base/checksum.h"
#include "base/status.h"
#include "cli/checkpoint.h"
#include "cli/output_file.h"

namespace quern::cli {

/// A file's lines that are not blank. Threads: one at a time.
class ClaimSource {
 public:
  /// "-" is standard input. Errors: kNotFound, kIo.
  static Result<ClaimSource> open(const std::string& path);

  /// Nothing at the end. A line longer than the most comes cut, and is refused as too long by
  /// whoever reads it. Errors: kIo.
  Result<std::optional<apps::BatchLine>> next();

 private:
  bool read_line(std::string& out);

  std::string path_;
  std::unique_ptr<std::istream> file_;
  std::istream* in_ = nullptr;
  std::int64_t n_line_ = 0;
};

struct ClaimsOutputJob {
  std::string out;    // The output's path.
  std::string texts;  // The file of claims.
  RunFacts facts;
  std::chrono::milliseconds save_every{5000};
  bool begin_anew = false;  // Whatever is there.
  std::function<void(const std::string&)> note = {};
};

class ClaimsOutput {
 public:
  /// Takes up what an earlier run left for the same claims and facts, else begins anew and says
  /// why. `source` is at its start; what is done already is read from it. Errors: as
  /// OutputFile::resume.
  static Result<std::unique_ptr<ClaimsOutput>> open(ClaimsOutputJob job, ClaimSource& source);

  const std::string& run() const { return run_; }
  const Checkpoint& before() const { return before_; }  // 0 lines for a new run.

  /// The next line; saves now and then. Errors: of the file.
  Status write(const apps::BatchOutput& output);

  /// Completes the output and forgets the checkpoint.
  Status finish();
  /// After a run that did not finish: saves, and returns how many lines are done.
  long leave();

 private:
  ClaimsOutput(ClaimsOutputJob job, OutputFile file)
      : job_(std::move(job)), file_(std::move(file)) {}
  Result<bool> take_up(ClaimSource& source);
  Result<bool> put_back(const Checkpoint& found);
  Status save();

  ClaimsOutputJob job_;
  OutputFile file_;
  std::string run_;
  Checkpoint before_;
  Checkpoint now_;
  Checksum64 lines_;  // Of those that were written.
  std::chrono::steady_clock::time_point next_save_;
};

}  // namespace quern::cli
