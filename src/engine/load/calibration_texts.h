// Sample texts of many kinds that come with the program: what int8 packing observes. Written for
// this purpose: no test collection holds any of them.

#pragma once

#include <string>
#include <vector>

namespace quern::engine {

/// Short and long texts: questions, prose, science, law, chat, lists, code, other languages. The
/// longest, made of several others, are over 512 tokens for common vocabularies.
const std::vector<std::string>& calibration_texts();

}  // namespace quern::engine
