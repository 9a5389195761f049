// Texts for labels of one's own: a pair of each text with the hypothesis of each label.

#pragma once

#include <memory>

#include "engine/scoring/zero_shot.h"
#include "engine/texts/text_stream.h"

namespace quern::cli {

/// Of each text of `texts` as many pairs in a row as there are labels, all under its line.
std::unique_ptr<engine::TextSource> hypotheses_of(std::unique_ptr<engine::TextSource> texts,
                                                  const engine::ZeroShot& asked);

}  // namespace quern::cli
