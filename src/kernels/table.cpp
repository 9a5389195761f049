#include "kernels/table.h"

#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/amx/amx.h"
#include "kernels/block/block_isa.h"
#include "kernels/codes/codes_isa.h"
#include "kernels/int8/int8_isa.h"

namespace quern::kernels {
namespace {

// Slowest first, so the last one is the best.
std::vector<const Table*> detect() {
  std::vector<const Table*> found = {&plain_table};
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("f16c")) {
    return found;
  }
  found.push_back(&avx2_table);
  if (__builtin_cpu_supports("avxvnni")) found.push_back(&avx2_vnni_table());
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return found;
  }
  found.push_back(&avx512_table);
  if (!__builtin_cpu_supports("avx512vnni")) return found;
  found.push_back(&avx512_vnni_table());
  if (!__builtin_cpu_supports("avx512bf16")) return found;
  found.push_back(&avx512_bf16_table());
  if (amx_usable()) found.push_back(&amx_table());
  return found;
}

Table with_dot_product(Table table, const char* isa, const Int8Isa& int8, const BlockIsa& block,
                       const CodesIsa& codes) {
  table.isa = isa;
  table.int8 = &int8;
  table.block = &block;
  table.codes = &codes;
  return table;
}

const Table* find(std::string_view name) {
  for (const Table* t : runnable()) {
    if (name == t->isa) return t;
  }
  return nullptr;
}

const Table& choose() {
  const char* wanted = std::getenv("QUERN_ISA");
  if (wanted == nullptr || *wanted == '\0') return *runnable().back();
  const Table* found = find(wanted);
  QUERN_CHECK(found != nullptr && "QUERN_ISA was refused by check_isa_override");
  return *found;
}

}  // namespace

const Table& avx2_vnni_table() {
  static const Table table =
      with_dot_product(avx2_table, "avx2_vnni", int8_avx2_vnni, block_avx2_vnni, codes_avx2_vnni);
  return table;
}

const Table& avx512_vnni_table() {
  static const Table table = with_dot_product(avx512_table, "avx512_vnni", int8_avx512_vnni,
                                              block_avx512_vnni, codes_avx512_vnni);
  return table;
}

std::span<const Table* const> runnable() {
  static const std::vector<const Table*> tables = detect();
  return tables;
}

const Table& active() {
  static const Table& table = choose();
  return table;
}

Status check_isa_override() {
  const char* wanted = std::getenv("QUERN_ISA");
  if (wanted == nullptr || *wanted == '\0' || find(wanted) != nullptr) return {};
  std::string names;
  for (const Table* t : runnable()) names += fmt::format("{}{}", names.empty() ? "" : ", ", t->isa);
  return {Code::kBadInput,
          fmt::format("QUERN_ISA is '{}', this processor runs: {}", wanted, names)};
}

}  // namespace quern::kernels
