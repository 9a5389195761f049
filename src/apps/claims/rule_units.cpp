#include "apps/claims/rule_units.h"

#include <algorithm>
#include <array>

namespace quern::apps {
namespace {

struct UnitWord {
  std::string_view word;
  RuleUnit unit;
};

constexpr double kDay = 86'400;
// The mean month and year of the Gregorian calendar.
constexpr double kMonth = 30.436875 * kDay;
constexpr double kYear = 365.2425 * kDay;

// Source: BIPM, "The International System of Units", 9th edition; NIST Special Publication 811,
// appendix B, for those outside it. Sorted by word.
constexpr auto kUnits = std::to_array<UnitWord>({
    {"celsius", {"°C", "temperature", 1, 0}},
    {"centigrade", {"°C", "temperature", 1, 0}},
    {"centimeter", {"cm", "length", 1e-2}},
    {"centimetre", {"cm", "length", 1e-2}},
    {"cm", {"cm", "length", 1e-2}},
    {"day", {"days", "time", kDay}},
    {"decade", {"decades", "time", 10 * kYear}},
    {"dl", {"dl", "volume", 1e-1}},
    {"fahrenheit", {"°F", "temperature", 5.0 / 9, -32}},
    {"feet", {"feet", "length", 0.3048}},
    {"fold", {"fold", "fold", 1}},
    {"foot", {"feet", "length", 0.3048}},
    {"ft", {"feet", "length", 0.3048}},
    {"g", {"g", "mass", 1}},
    {"gram", {"g", "mass", 1}},
    {"gramme", {"g", "mass", 1}},
    {"h", {"hours", "time", 3'600}},
    {"hour", {"hours", "time", 3'600}},
    {"hr", {"hours", "time", 3'600}},
    {"inch", {"inches", "length", 0.0254}},
    {"inche", {"inches", "length", 0.0254}},
    {"kb", {"kb", "bases", 1e3}},
    {"kcal", {"kcal", "energy", 4'184}},
    {"kda", {"kDa", "molar mass", 1e3}},
    {"kg", {"kg", "mass", 1e3}},
    {"kilogram", {"kg", "mass", 1e3}},
    {"kilometer", {"km", "length", 1e3}},
    {"kilometre", {"km", "length", 1e3}},
    {"kj", {"kJ", "energy", 1e3}},
    {"km", {"km", "length", 1e3}},
    {"kpa", {"kPa", "pressure", 1e3}},
    {"l", {"l", "volume", 1}},
    {"lb", {"pounds", "mass", 453.59237}},
    {"liter", {"l", "volume", 1}},
    {"litre", {"l", "volume", 1}},
    {"m", {"m", "length", 1}},
    {"mcg", {"µg", "mass", 1e-6}},
    {"meter", {"m", "length", 1}},
    {"metre", {"m", "length", 1}},
    {"mg", {"mg", "mass", 1e-3}},
    {"microgram", {"µg", "mass", 1e-6}},
    {"micrometer", {"µm", "length", 1e-6}},
    {"micrometre", {"µm", "length", 1e-6}},
    {"micron", {"µm", "length", 1e-6}},
    {"mile", {"miles", "length", 1'609.344}},
    {"milligram", {"mg", "mass", 1e-3}},
    {"milliliter", {"ml", "volume", 1e-3}},
    {"millilitre", {"ml", "volume", 1e-3}},
    {"millimeter", {"mm", "length", 1e-3}},
    {"millimetre", {"mm", "length", 1e-3}},
    {"millisecond", {"ms", "time", 1e-3}},
    {"min", {"minutes", "time", 60}},
    {"minute", {"minutes", "time", 60}},
    {"ml", {"ml", "volume", 1e-3}},
    {"mm", {"mm", "length", 1e-3}},
    {"mmhg", {"mmHg", "pressure", 133.322}},
    {"mmol", {"mmol", "amount", 1e-3}},
    {"mol", {"mol", "amount", 1}},
    {"month", {"months", "time", kMonth}},
    {"ms", {"ms", "time", 1e-3}},
    {"nanogram", {"ng", "mass", 1e-9}},
    {"nanometer", {"nm", "length", 1e-9}},
    {"nanometre", {"nm", "length", 1e-9}},
    {"ng", {"ng", "mass", 1e-9}},
    {"nm", {"nm", "length", 1e-9}},
    {"nmol", {"nmol", "amount", 1e-9}},
    {"ounce", {"ounces", "mass", 28.349523125}},
    {"pg", {"pg", "mass", 1e-12}},
    {"pmol", {"pmol", "amount", 1e-12}},
    {"pound", {"pounds", "mass", 453.59237}},
    {"second", {"seconds", "time", 1}},
    {"sec", {"seconds", "time", 1}},
    {"tonne", {"tonnes", "mass", 1e6}},
    {"ug", {"µg", "mass", 1e-6}},
    {"ul", {"µl", "volume", 1e-6}},
    {"um", {"µm", "length", 1e-6}},
    {"umol", {"µmol", "amount", 1e-6}},
    {"week", {"weeks", "time", 7 * kDay}},
    {"yard", {"yards", "length", 0.9144}},
    {"year", {"years", "time", kYear}},
    {"yr", {"years", "time", kYear}},
});

constexpr RuleUnit kPercent = {"%", "percent", 1};

}  // namespace

const RuleUnit* find_unit(std::string_view word) {
  for (const bool is_plural : {false, true}) {
    if (is_plural && (word.size() < 3 || word.back() != 's')) break;
    const std::string_view one = is_plural ? word.substr(0, word.size() - 1) : word;
    const auto* found = std::find_if(kUnits.begin(), kUnits.end(),
                                     [one](const UnitWord& known) { return known.word == one; });
    if (found != kUnits.end()) return &found->unit;
  }
  return nullptr;
}

const RuleUnit& percent_unit() { return kPercent; }

}  // namespace quern::apps
