// What the rules say of pairs of a claim and a sentence: one line "CLAIM<tab>SENTENCE" in, one line
// of the kinds of mismatches out, commas between, "-" for none. For claim_variants.py.

#include "apps/claims/claim_rules.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      std::fprintf(stderr, "a line without a tab\n");
      return 1;
    }
    const std::string_view text = line;
    std::string out;
    for (const auto& found :
         quern::apps::find_mismatches(text.substr(0, tab), text.substr(tab + 1))) {
      if (!out.empty()) out += ',';
      out += quern::apps::mismatch_name(found.kind);
    }
    std::puts(out.empty() ? "-" : out.c_str());
  }
  return 0;
}
