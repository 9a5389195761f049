// quern version: what this program is and what it runs on.

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

struct VersionFlags {
  bool json = false;
  bool isas = false;
};

std::string isa_list(const char* separator, const char* quote) {
  std::string list;
  for (const kernels::Table* table : kernels::runnable()) {
    if (!list.empty()) list += separator;
    list.append(quote).append(table->isa).append(quote);
  }
  return list;
}

std::string describe(const VersionFlags& flags) {
  if (flags.isas) return isa_list("\n", "") + "\n";
  const std::string cpu = cpu_name();
  if (!flags.json) {
    return fmt::format("{}\ncpu {}, {} usable\ninstruction set {} (can run: {})\n", version_line(),
                       cpu, usable_cpus(), kernels::active().isa, isa_list(" ", ""));
  }
  std::string line = fmt::format("{{\"version\":\"{}\",\"cpu\":", QUERN_VERSION);
  append_json_string(cpu, line);
  line += fmt::format(",\"cpus\":{},\"isa\":\"{}\",\"isas\":[{}]}}\n", usable_cpus(),
                      kernels::active().isa, isa_list(",", "\""));
  return line;
}

Status print_version(const VersionFlags& flags) {
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(describe(flags)));
  return out.commit();
}

}  // namespace

std::string version_line() { return std::string("quern ") + QUERN_VERSION; }

void add_version(CLI::App& app, Context& context) {
  auto flags = std::make_shared<VersionFlags>();
  CLI::App* command = app.add_subcommand("version", "Show version, processor, instruction sets");
  command->add_flag("--json", flags->json, "One JSON object");
  command->add_flag("--isas", flags->isas,
                    "Only the instruction sets this processor can run, for $QUERN_ISA");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(print_version(*flags)); });
}

}  // namespace quern::cli
