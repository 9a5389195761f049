// Texts for measurements: plain English words in no order, each text unlike all others, so that no
// cache answers for the model.

#pragma once

#include <random>
#include <string>

namespace quern::cli {

std::string made_up_text(int n_words, std::mt19937_64& random);

}  // namespace quern::cli
