#include "engine/calibration.h"

#include <algorithm>
#include <vector>

#include "engine/calibration_texts.h"
#include "tensor/buffer.h"

namespace quern::engine {

Result<models::Int8Calibration> calibrate(const ModelCard& card, const models::BertModel& f32,
                                          ByteLedger& ledger) {
  constexpr int kMaxTokens = 512;
  const int max_tokens = std::min(kMaxTokens, card.folder.config.n_positions);
  models::Int8Calibration seen;
  for (const std::string& text : calibration_texts()) {
    const text::Encoding encoding = card.encoder->encode(text, max_tokens);
    const int n = static_cast<int>(encoding.ids.size());
    const std::vector<std::int32_t> starts = {0, n};
    QUERN_ASSIGN(const Buffer scratch,
                 Buffer::make(ledger, "calibration", models::bert_scratch_bytes(f32, n, n, 1)));
    models::observe_bert(f32,
                         {.ids = encoding.ids, .type_ids = encoding.type_ids, .seq_starts = starts},
                         scratch.as<std::byte>(), seen);
  }
  return seen;
}

}  // namespace quern::engine
