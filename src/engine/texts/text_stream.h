// Many texts through the engine with a bounded number of them in memory: reads ahead while
// batches run, hands results on in input order.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"
#include "engine/texts/text_reader.h"

namespace quern::engine {

/// Where texts come from: a TextReader, or a list.
class TextSource {
 public:
  virtual ~TextSource() = default;
  virtual Result<bool> next(TextItem& item) = 0;  // As TextReader::next.
  virtual bool is_ready() const { return true; }
  virtual std::optional<double> share_read() const { return std::nullopt; }
};

std::unique_ptr<TextSource> file_source(TextReader reader);
std::unique_ptr<TextSource> list_source(std::vector<Input> inputs);

struct StreamTotals {
  long n_texts = 0;
  long n_failed = 0;
  long n_truncated = 0;
  long n_tokens = 0;
  long n_dropped = 0;  // Tokens cut off, over all texts.
  double seconds = 0;
  // Of the above, what an earlier run did that this one went on from.
  long n_texts_before = 0;
  long n_tokens_before = 0;
};

/// How far the engine is, which may be well ahead of what could be handed on in order.
struct StreamProgress {
  long n_texts = 0;
  long n_tokens = 0;
  long n_batches = 0;
  std::optional<double> share;  // Of all the work, 0 to 1; unknown for pipes.
};

struct StreamJob {
  Request request;               // Its inputs are filled in here.
  TextSource* source = nullptr;  // Borrowed.

  /// One call per text, in input order, from the calling thread. An error ends the stream.
  std::function<Status(const TextItem& item, Outcome& outcome)> sink;

  /// Called when everything read so far has been handed on and more must be waited for.
  std::function<Status()> on_idle;

  /// Called a few times a second; may be empty.
  std::function<void(const StreamProgress&)> on_progress;

  /// Asked often, at least every 50 ms: true ends the stream. May be empty.
  std::function<bool()> is_stopped;
};

/// Errors: of the request as a whole, of the source, of the sink; kCancelled when it is stopped.
/// What fails for one text is in its outcome and counted.
Result<StreamTotals> stream_texts(Engine& engine, StreamJob job);

}  // namespace quern::engine
