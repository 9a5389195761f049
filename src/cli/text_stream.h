// Many texts through the engine with a bounded number of them in memory: reads ahead while
// batches run, hands results on in input order.

#pragma once

#include <functional>

#include "base/status.h"
#include "cli/progress.h"
#include "cli/text_reader.h"
#include "engine/engine.h"

namespace quern::cli {

/// Where texts come from: a TextReader, or a list.
class TextSource {
 public:
  virtual ~TextSource() = default;
  virtual Result<bool> next(TextItem& item) = 0;  // As TextReader::next.
  virtual bool is_ready() const { return true; }
  virtual std::optional<double> share_read() const { return std::nullopt; }
};

std::unique_ptr<TextSource> file_source(TextReader reader);
std::unique_ptr<TextSource> list_source(std::vector<engine::Input> inputs);

struct StreamTotals {
  long n_texts = 0;
  long n_failed = 0;
  long n_truncated = 0;
  long n_tokens = 0;
  long n_dropped = 0;  // Tokens cut off, over all texts.
  double seconds = 0;
};

struct StreamJob {
  engine::Request request;       // Its inputs are filled in here.
  TextSource* source = nullptr;  // Borrowed.
  Progress* progress = nullptr;  // Borrowed; may be null.

  /// One call per text, in input order, from the calling thread. An error ends the stream.
  std::function<Status(const TextItem& item, engine::Outcome& outcome)> sink;

  /// Called when everything read so far has been handed on and more must be waited for.
  std::function<Status()> on_idle;
};

/// Errors: of the request as a whole, of the source, of the sink; kCancelled after a signal.
/// What fails for one text is in its outcome and counted.
Result<StreamTotals> stream_texts(engine::Engine& engine, StreamJob job);

}  // namespace quern::cli
