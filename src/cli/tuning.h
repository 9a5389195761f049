// What `quern tune` found and `quern serve --tuned` takes up.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/workload.h"

namespace quern::cli {

/// Settings of an engine; 0 and "" for those that stay as they are.
struct TunedSettings {
  int n_threads = 0;
  int batch_tokens = 0;
  int max_sequences = 0;
  std::string precision;

  bool operator==(const TunedSettings&) const = default;
};

/// One setting held against the best so far.
struct TuningTrial {
  std::string what;  // "4 threads".
  Comparison result;
  bool is_taken = false;
};

struct Tuning {
  std::string model, cpu, isa;
  Service service = Service::kEmbed;
  TunedSettings chosen;
  std::vector<TuningTrial> trials;
  Comparison last;  // Of all that was chosen with the default.
};

/// Of those trials that were taken, one after the other, and why the others were not, in words.
std::vector<std::string> tuning_reasons(const Tuning& tuning);

std::string tuning_text(const Tuning& tuning);
std::string tuning_json(const Tuning& tuning);

/// The settings in what tuning_json wrote. Errors: kBadInput naming what is wrong.
Result<TunedSettings> parse_tuned(std::string_view text);

/// Powers of two and the numbers half-way between them, from `least` to `most`, both included.
std::vector<int> tuning_steps(int least, int most);

}  // namespace quern::cli
