// From a sequence's logits to what is told of its next token. It is told later: while the logits
// lie in the arena, whoever is told must not come back for more memory.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/generate/generation_job.h"
#include "tensor/matrix.h"

namespace quern::engine {

/// Why an answer ends.
struct AnswerEnd {
  Status status;
  FinishReason reason = FinishReason::kStop;
};

class Delivery {
 public:
  /// Samples the next token, puts it behind the context and notes what to tell of it. Nothing if
  /// the answer may go on.
  ///
  /// Shapes: logits [n_vocab], which change.
  std::optional<AnswerEnd> next_token(GenerationJob& job, std::span<float> logits);

  /// Notes tokens of a prompt that is told, with their logprobs.
  ///
  /// Shapes: logits [n, n_vocab], of the tokens from position `first` on, each of which predicts
  /// the
  ///   next.
  void prompt(GenerationJob& job, int first, Matrix<const float> logits);

  /// Notes the text that was held back for the sake of stop strings and whole characters.
  void rest(GenerationJob& job);

  /// Calls on_delta for all that was noted. The jobs must still be there.
  void tell();

 private:
  struct Note {
    GenerationJob* job;
    GenerateDelta delta;
  };
  std::vector<Note> notes_;
};

}  // namespace quern::engine
