#include "apps/claims/shipped_calibrations.h"

#include <array>

#include "base/check.h"

namespace quern::apps {
namespace {

// Six digits: more say nothing of 809 claims.
constexpr auto kShipped = std::to_array<std::string_view>({
    // MiniLM fine-tuned on SciFact, which the tests of the project judge with.
    R"json({"version":1,"model":"nli-minilm-l6",
"digest":"74aeb2bd987d53465d293ea623acb039c49545bcba4eb2685f46e26786044ab7",
"fitted_on":"SciFact train (CC BY 4.0), 809 claims","temperature":3.37611,
"relevance":{"bias":-7.77156,"weights":{"cosine":2.70484,"passage_cosine":1.94356,
"overlap":4.11644,"rank":3.22942,"says_something":5.92445,"lexical":-0.207888,
"passage_lexical":-0.00652008},"usual":{"cosine":0.667879,"passage_cosine":0.677249,
"overlap":0.446365,"rank":0.883759,"says_something":-0.153075,"lexical":1.36745,
"passage_lexical":2.09828},"gate":0.1,"cited":0.271732},"stance":{"bias":0.68071,
"weights":{"nli":0.5,"direction":0.671781,"negation":-1.18364,"amount":-1.1191},
"nli_center":1.01671,"nli_scale":2.61676},"verdict":{"enough_bias":2.0102,
"enough_weight":1.30511,"unheard":{"supported":0.137844,"refuted":0.0818814,
"not_enough_info":0.7802746},"least":0.5,"conformal_level":0.9,"conformal_least":0.177105},
"report":{"claims":809,"accuracy":0.605686,"ece":0.0410956,"brier":0.493525}})json",
});

}  // namespace

std::span<const std::string_view> shipped_calibrations() { return kShipped; }

Calibration calibration_for(std::string_view digest) {
  for (const std::string_view json : kShipped) {
    const Result<Calibration> read = calibration_from_json(json);
    QUERN_CHECK(read.ok());
    if (!digest.empty() && read->digest == digest) return *read;
  }
  return default_calibration();
}

}  // namespace quern::apps
