#include "cli/question_lines.h"

#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "apps/json_lines.h"

namespace quern::cli {

Status for_each_question(const std::string& path,
                         const std::function<Status(const apps::QueryLine& question)>& answer) {
  std::ifstream file(path);
  if (!file) return {Code::kNotFound, fmt::format("cannot open '{}'", path)};
  std::string read;
  for (std::size_t n_line = 1; std::getline(file, read); ++n_line) {
    const std::string_view line = apps::without_mark(read);
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const std::string where = fmt::format("{} line {}", path, n_line);
    QUERN_ASSIGN(const apps::QueryLine question, apps::query_from_line(line).in(where));
    QUERN_TRY(answer(question).in(where));
  }
  return {};
}

}  // namespace quern::cli
