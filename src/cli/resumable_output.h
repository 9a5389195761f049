// The output of a long run over a file of texts, with the checkpoint from which the same command
// goes on: no row twice, none left out, none of a run that would have written other bytes.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/checksum.h"
#include "base/status.h"
#include "cli/checkpoint.h"
#include "cli/vector_writer.h"
#include "engine/engine.h"
#include "engine/texts/text_stream.h"

namespace quern::cli {

struct ResumableJob {
  std::string out;    // The output's path.
  std::string texts;  // The file of texts.
  RunFacts facts;
  Written written;
  std::chrono::milliseconds save_every{5000};
  bool begin_anew = false;  // Whatever is there.
  std::function<void(const std::string&)> note = {};
};

class ResumableOutput {
 public:
  /// Takes up what an earlier run left for the same texts and facts, else begins anew and says why.
  /// `source` is at its start; what is done already is read from it. `reopen` gives a new one.
  /// Errors: as make_vector_writer; kUnavailable where another run writes the same output.
  static Result<std::unique_ptr<ResumableOutput>> open(
      ResumableJob job, std::unique_ptr<engine::TextSource>& source,
      const std::function<Result<std::unique_ptr<engine::TextSource>>()>& reopen);

  /// The next row; saves now and then. Errors: of the output.
  Status write(const engine::TextItem& item, const engine::Outcome& outcome);

  Status flush() { return writer_->flush(); }

  /// Completes the output and forgets the checkpoint.
  Status finish();

  /// After a run that did not finish: saves where there is something to go on from, and returns how
  /// many texts that is; without, nothing stays.
  long leave();

  const Checkpoint& before() const { return before_; }  // 0 texts for a new run.

 private:
  explicit ResumableOutput(ResumableJob job) : job_(std::move(job)) {}
  Result<OutputFile> open_file();
  Result<bool> take_up(OutputFile& file, engine::TextSource& source);
  Status skip(const Checkpoint& found, engine::TextSource& source);
  Status begin_at(OutputFile file, const Checkpoint& start);
  Status save();
  void count(const engine::TextItem& item);
  void note(const std::string& text) const {
    if (job_.note) job_.note(text);
  }

  ResumableJob job_;
  VectorForm form_ = VectorForm::kJsonl;
  std::unique_ptr<VectorWriter> writer_;
  Checkpoint before_;
  Checkpoint now_;
  Checksum64 texts_;
  std::chrono::steady_clock::time_point next_save_;
  bool is_saved_ = false;
};

/// A regular file, which is read from its start each time: neither a pipe nor a device.
bool can_be_read_again(const std::string& path);

/// Nothing, or a regular file: not a pipe, a device or a link.
bool can_be_resumed(const std::string& out);

}  // namespace quern::cli
