#include "apps/dialogue/turn_vectors.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "apps/vector_stream.h"
#include "store/vector/stored_vector.h"

namespace quern::apps {

Result<std::vector<TurnVector>> turn_vectors(std::span<const std::string_view> texts,
                                             const TextEmbedder& embedder, const NextAsk& ask) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<std::string_view> distinct;
  for (const std::string_view text : texts) {
    if (places.emplace(text, distinct.size()).second) distinct.push_back(text);
  }
  VectorStreamJob job;
  job.embedder = &embedder;
  job.work_class = ask.work_class;
  job.deadline = ask.deadline;
  job.is_stopped = ask.is_stopped;
  job.next_text = [&distinct, n = std::size_t{0}]() mutable -> Result<std::optional<TextToEmbed>> {
    if (n == distinct.size()) return std::optional<TextToEmbed>();
    const std::size_t i = n++;
    return std::optional(TextToEmbed{.id = i, .text = std::string(distinct[i])});
  };
  VectorStream stream(std::move(job));
  std::vector<TurnVector> found(distinct.size());
  for (;;) {
    QUERN_ASSIGN(std::optional<EmbeddedText> text, stream.next());
    if (!text) break;
    TurnVector& out = found[text->id];
    out.status = text->status;
    if (!out.status.ok()) continue;
    if (text->vector) {
      out.vector = store::values_of(text->vector->row(), embedder.d());
    } else {
      out.status = {Code::kBadInput, "a turn has no text"};
    }
  }
  std::vector<TurnVector> out;
  out.reserve(texts.size());
  for (const std::string_view text : texts) out.push_back(found[places[text]]);
  return out;
}

}  // namespace quern::apps
