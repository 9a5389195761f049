// The kinds of files that weights come in.

#pragma once

namespace quern::formats {

enum class WeightFiles { kGguf, kSafetensors };

}  // namespace quern::formats
