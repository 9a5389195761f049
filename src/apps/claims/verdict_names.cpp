#include <string>

#include <fmt/format.h>

#include "apps/claims/verdict.h"

namespace quern::apps {

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSupported:
      return "SUPPORTED";
    case Verdict::kRefuted:
      return "REFUTED";
    case Verdict::kNotEnoughInfo:
      break;
  }
  return "NOT_ENOUGH_INFO";
}

Result<Verdict> verdict_from_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') plain += static_cast<char>(c - 'a' + 'A');
    if (c >= 'A' && c <= 'Z') plain += c;
  }
  for (const char* known : {"SUPPORTED", "SUPPORTS", "SUPPORT"}) {
    if (plain == known) return Verdict::kSupported;
  }
  for (const char* known :
       {"REFUTED", "REFUTES", "REFUTE", "CONTRADICT", "CONTRADICTS", "CONTRADICTED"}) {
    if (plain == known) return Verdict::kRefuted;
  }
  for (const char* known :
       {"NOTENOUGHINFO", "NOTENOUGHEVIDENCE", "NOINFO", "NEI", "INSUFFICIENT", "UNCERTAIN"}) {
    if (plain == known) return Verdict::kNotEnoughInfo;
  }
  return Status(Code::kBadInput,
                fmt::format("'{}' is no verdict, want SUPPORTED, REFUTED or NOT_ENOUGH_INFO (or "
                            "SUPPORTS, SUPPORT, REFUTES, CONTRADICT, NEI, INSUFFICIENT, UNCERTAIN)",
                            name.substr(0, 40)));
}

}  // namespace quern::apps
