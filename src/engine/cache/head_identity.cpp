#include "engine/cache/head_identity.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace quern::engine {
namespace {

using formats::VectorModule;

std::string words_of(const VectorModule& m) {
  return fmt::format(" [{} {} {} {} {} {} {}]", static_cast<int>(m.kind), m.n_in, m.n_out,
                     static_cast<int>(m.activation), m.has_bias, static_cast<int>(m.residual),
                     m.tensor);
}

std::string words_of(const std::vector<VectorModule>& modules) {
  std::string out;
  for (const VectorModule& m : modules) out += words_of(m);
  return out;
}

bool is_elsewhere(const VectorModule& m) { return !m.folder.empty(); }

}  // namespace

std::string head_identity(const formats::HeadFacts& head) {
  std::string out =
      fmt::format("{} {} pooled by {}{}", formats::output_name(head.output), head.n_values,
                  formats::poolings_text(head.poolings), words_of(head.modules));
  if (head.rows)
    out += fmt::format("; rows {}{}", head.rows->n_values, words_of(head.rows->modules));
  if (head.sparse) {
    out += fmt::format("; terms {} {} {}{}", static_cast<int>(head.sparse->kind), head.sparse->sums,
                       head.sparse->twice, words_of(head.sparse->number));
  }
  if (head.logit_score) {
    out += fmt::format("; score {} {}", head.logit_score->yes, head.logit_score->no);
  }
  return out;
}

bool has_weights_elsewhere(const formats::HeadFacts& head) {
  return std::any_of(head.modules.begin(), head.modules.end(), is_elsewhere) ||
         (head.rows &&
          std::any_of(head.rows->modules.begin(), head.rows->modules.end(), is_elsewhere)) ||
         (head.sparse && is_elsewhere(head.sparse->number));
}

}  // namespace quern::engine
