// What the tools' parts share: a question whose hits are answered page by page. Included only by
// code_tools*.cpp.

#pragma once

#include <string>
#include <vector>

#include "apps/code/code_tools.h"
#include "apps/code/file_kind.h"

namespace quern::apps {

struct CodeTools::Question {
  std::string about;  // What was asked, as it came.
  CodeAsk ask;
  std::string path;  // Of similar: where it was asked about.
  int line = 0;
  int limit = 10;
  int max_lines = 12;
  int max_tokens = 2000;
  std::string cursor;

  /// All that decides which hits there are, and their order.
  std::string identity() const;
};

struct CodeTools::OpenFile {
  std::string path;  // From the root.
  std::string text;  // UTF-8
  FileKind kind;
};

/// Lines about symbols, of which an answer shows a page.
struct CodeTools::SymbolLines {
  std::string heading;
  std::vector<std::string> lines;
  std::string notes;  // Behind them.
};

Status check_tool_range(const char* name, int value, int low, int high);
Status check_tool_kinds(const std::vector<std::string>& kinds);

}  // namespace quern::apps
