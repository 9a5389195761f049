#include "serve/mcp/code_tool_set.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/edit_distance.h"
#include "serve/json/json_reader.h"
#include "serve/mcp/clipped_text.h"

namespace quern::serve {
namespace {

/// One argument of a tool: what is said of it, and where it goes.
template <typename Ask>
struct Argument {
  std::string_view name;
  std::string schema;  // Of its value, as JSON without the braces.
  std::function<Problem(JsonValue, const JsonPlace&, Ask&)> read;
  bool is_required = false;
};

// What is asked for comes back in answers and errors. Bytes.
constexpr std::size_t kMaxQuery = 8 << 10;
constexpr std::size_t kMaxName = 4 << 10;  // And of a path.
constexpr std::size_t kMaxCursor = 200;
constexpr std::size_t kMaxItem = 1 << 10;
constexpr std::size_t kMaxItems = 64;

// A list has no more than kMaxItems: schemas say so.
static_assert(kMaxItems == 64);

Problem read_text(JsonValue value, const JsonPlace& place, std::size_t max_bytes,
                  std::string& out) {
  std::string text;
  if (Problem problem = read_string(value, place, text)) return problem;
  if (text.size() > max_bytes) {
    return wrong_type(place, fmt::format("{} bytes", text.size()),
                      fmt::format("at most {}", max_bytes));
  }
  out = std::move(text);
  return {};
}

template <typename Ask>
auto text_into(std::string Ask::* field, std::size_t max_bytes) {
  return [field, max_bytes](JsonValue value, const JsonPlace& place, Ask& ask) {
    return read_text(value, place, max_bytes, ask.*field);
  };
}

// No file has more lines. Not the highest int, which read_integer takes to mean no limit.
constexpr int kMaxLine = 1'000'000'000;

/// A number, whose schema says the range that is read.
template <typename Ask>
Argument<Ask> number_of(std::string_view name, int Ask::* field, const IntegerRange& range,
                        std::string_view schema, bool is_required = false) {
  return {.name = name,
          .schema = fmt::format(R"("type":"integer","minimum":{},"maximum":{},{})", range.low,
                                range.high, schema),
          .read = [field, range](JsonValue value, const JsonPlace& place, Ask& ask) -> Problem {
            std::int64_t number = 0;
            if (Problem problem = read_integer(value, place, range, number)) return problem;
            ask.*field = static_cast<int>(number);
            return {};
          },
          .is_required = is_required};
}

template <typename Ask>
auto flag_into(bool Ask::* field) {
  return [field](JsonValue value, const JsonPlace& place, Ask& ask) {
    return read_flag(value, place, ask.*field);
  };
}

// A text alone is a list of one: models write both.
template <typename Ask>
auto texts_into(std::vector<std::string> Ask::* field) {
  return [field](JsonValue value, const JsonPlace& place, Ask& ask) -> Problem {
    JsonType type{};
    if (const auto error = value.type().get(type)) return not_json(error, place);
    if (type == JsonType::string) {
      return read_text(value, place, kMaxItem, (ask.*field).emplace_back());
    }
    return read_list(value, place, "a list of texts",
                     [&](JsonValue item, const JsonPlace& at) -> Problem {
                       if ((ask.*field).size() == kMaxItems) {
                         return wrong_type(place, fmt::format("more than {} texts", kMaxItems),
                                           fmt::format("at most {}", kMaxItems));
                       }
                       return read_text(item, at, kMaxItem, (ask.*field).emplace_back());
                     });
  };
}

template <typename Ask>
std::string schema_of(const std::vector<Argument<Ask>>& arguments) {
  std::string properties;
  std::vector<std::string> required;
  for (const Argument<Ask>& argument : arguments) {
    if (!properties.empty()) properties += ',';
    properties += fmt::format("\"{}\":{{{}}}", argument.name, argument.schema);
    if (argument.is_required) required.push_back(fmt::format("\"{}\"", argument.name));
  }
  std::string out = R"({"type":"object","properties":{)" + properties + "}";
  if (!required.empty()) out += fmt::format(",\"required\":[{}]", fmt::join(required, ","));
  return out + R"(,"additionalProperties":false})";
}

template <typename Ask>
Problem read_argument(const std::vector<Argument<Ask>>& arguments, std::string_view name,
                      JsonValue value, Ask& ask, std::vector<std::string_view>& seen) {
  std::vector<std::string> names;
  for (const Argument<Ask>& argument : arguments) {
    names.emplace_back(argument.name);
    if (argument.name != name) continue;
    const JsonPlace place{argument.name};
    bool is_null = false;
    if (Problem problem = read_null(value, place, is_null)) return problem;
    if (is_null) return {};
    seen.push_back(argument.name);
    return argument.read(value, place, ask);
  }
  const std::string told = clipped(name);
  if (names.empty()) return bad_request(fmt::format("'{}' is no argument, there are none", told));
  const std::vector<std::string> near = nearest_names(told, names, 1);
  return bad_request(fmt::format("'{}' is no argument{}; there are {}", told,
                                 near.empty() ? "" : ", did you mean '" + near[0] + "'",
                                 fmt::join(names, ", ")));
}

std::string advice(const Status& status) {
  switch (status.code()) {
    case Code::kIo:
    case Code::kUnavailable:
    case Code::kExhausted:
      return "; the arguments are fine, the same call may succeed later";
    default:
      return "";
  }
}

/// A tool whose arguments are read by a table.
template <typename Ask>
McpTool tool_of(McpTool tool, std::vector<Argument<Ask>> arguments,
                std::function<Result<apps::ToolAnswer>(const Ask&, const apps::ToolCall&)> run) {
  tool.input_schema = schema_of(arguments);
  tool.run = [name = tool.name, arguments = std::move(arguments), run = std::move(run)](
                 const std::string& json, const McpCall& call) -> McpToolResult {
    Ask ask;
    std::vector<std::string_view> seen;
    std::string body = json;
    Problem problem = read_fields(body, [&](std::string_view key, JsonValue value) {
      return read_argument(arguments, key, value, ask, seen);
    });
    for (const Argument<Ask>& argument : arguments) {
      const bool is_seen = std::find(seen.begin(), seen.end(), argument.name) != seen.end();
      if (problem || is_seen || !argument.is_required) continue;
      problem = bad_request(fmt::format("'{}' is not given", argument.name));
    }
    if (problem) return {.text = fmt::format("{}: {}", name, problem->message), .is_error = true};
    const Result<apps::ToolAnswer> answer =
        run(ask, {.is_cancelled = [&call] { return call.is_cancelled.load(); },
                  .on_progress = call.on_progress});
    if (answer.ok()) return {.text = answer->text};
    return {
        .text = fmt::format("{}: {}{}", name, answer.status().message(), advice(answer.status())),
        .is_error = true};
  };
  return tool;
}

// What several tools have. Defaults stand in words, too: not every model is shown the keyword.
constexpr std::string_view kMaxLinesSchema =
    R"("default":12,"description":"Lines of each hit to show; 0 lists places only. Default 12.")";
constexpr std::string_view kMaxTokensSchema =
    R"("default":2000,"description":"About how long the answer may be, in tokens; what does not fit is left to the cursor. Default 2000.")";
constexpr IntegerRange kMaxLinesRange = {.low = 0, .high = 1000};
constexpr IntegerRange kMaxTokensRange = {.low = apps::kMinToolTokens,
                                          .high = apps::kMaxToolTokens};
constexpr IntegerRange kLimitRange = {.low = 1, .high = apps::kMaxToolLimit};
constexpr IntegerRange kLineRange = {.low = 1, .high = kMaxLine};
constexpr const char* kCursorSchema =
    R"("type":"string","description":"The cursor that the last answer gave, for what comes behind it; with all other arguments as they were.")";
constexpr std::string_view kLimitSchema =
    R"("default":10,"description":"Most hits of one answer. Default 10.")";
constexpr const char* kPathSchema =
    R"("type":"string","description":"A file, from the root of the tree or absolute, e.g. \"src/parser.py\".")";
constexpr const char* kKindsSchema =
    R"("type":"array","items":{"type":"string"},"maxItems":64,"description":"Only pieces of these kinds, any of function, method, class, struct, interface, enum, trait, type, module, constant, variable, field, macro, section. Default: all.")";

McpTool search_tool(apps::CodeTools& tools) {
  using Ask = apps::CodeToolSearch;
  return tool_of<Ask>(
      {.name = "search",
       .title = "Search code",
       .description =
           "Finds code by what it does (\"where are retries limited\") or by name "
           "(\"parse_flags\", "
           "\"Mux.Handle\"), over all files of the source tree that git would show. Ranked: "
           "definitions first, tests and generated code later. The index is brought up to date "
           "before each answer. Use it to find where something is; for every occurrence of an "
           "exact "
           "text use grep, for the whole of a file use read.",
       .input_schema = {},
       .run = {}},
      {{.name = "query",
        .schema =
            R"("type":"string","description":"A question in words, or the name of a symbol, e.g. \"how are sessions closed\" or \"SessionPool.close\".")",
        .read = text_into(&Ask::query, kMaxQuery),
        .is_required = true},
       number_of<Ask>("limit", &Ask::limit, kLimitRange, kLimitSchema),
       {.name = "paths",
        .schema =
            R"("type":"array","items":{"type":"string"},"maxItems":64,"description":"Only files that one of these globs matches, as lines of .gitignore would, e.g. [\"src/\", \"*.py\"]. Default: all.")",
        .read = texts_into(&Ask::paths)},
       {.name = "languages",
        .schema =
            R"("type":"array","items":{"type":"string"},"maxItems":64,"description":"Only these languages, e.g. [\"python\", \"cpp\"]. Default: all.")",
        .read = texts_into(&Ask::languages)},
       {.name = "kinds", .schema = kKindsSchema, .read = texts_into(&Ask::kinds)},
       {.name = "only_definitions",
        .schema =
            R"("type":"boolean","default":false,"description":"Only pieces that define the name that the query is. Default false.")",
        .read = flag_into(&Ask::only_definitions)},
       number_of<Ask>("max_lines", &Ask::max_lines, kMaxLinesRange, kMaxLinesSchema),
       number_of<Ask>("max_tokens", &Ask::max_tokens, kMaxTokensRange, kMaxTokensSchema),
       {.name = "cursor", .schema = kCursorSchema, .read = text_into(&Ask::cursor, kMaxCursor)}},
      [&tools](const Ask& ask, const apps::ToolCall& call) { return tools.search(ask, call); });
}

McpTool similar_tool(apps::CodeTools& tools) {
  using Ask = apps::CodeToolSimilar;
  return tool_of<Ask>(
      {.name = "similar",
       .title = "Find code like this",
       .description =
           "Finds pieces of code that are like the one at a line of a file: other implementations, "
           "copies, tests of the same kind. Use it before changing something that may exist "
           "several times.",
       .input_schema = {},
       .run = {}},
      {{.name = "path",
        .schema = kPathSchema,
        .read = text_into(&Ask::path, kMaxName),
        .is_required = true},
       number_of<Ask>("line", &Ask::line, kLineRange,
                      R"("description":"A line of the piece, from 1, e.g. 120.")", true),
       number_of<Ask>("limit", &Ask::limit, kLimitRange, kLimitSchema),
       number_of<Ask>("max_lines", &Ask::max_lines, kMaxLinesRange, kMaxLinesSchema),
       number_of<Ask>("max_tokens", &Ask::max_tokens, kMaxTokensRange, kMaxTokensSchema),
       {.name = "cursor", .schema = kCursorSchema, .read = text_into(&Ask::cursor, kMaxCursor)}},
      [&tools](const Ask& ask, const apps::ToolCall& call) { return tools.similar(ask, call); });
}

McpTool symbols_tool(apps::CodeTools& tools) {
  using Ask = apps::CodeToolSymbols;
  return tool_of<Ask>(
      {.name = "symbols",
       .title = "Definitions and outlines",
       .description =
           "With name: where exactly that name is defined (\"parse\", \"Parser.parse\"), with "
           "signatures. With path: the outline of a file, all its definitions with their lines. "
           "Give one of the two. Use it instead of reading a whole file.",
       .input_schema = {},
       .run = {}},
      {{.name = "name",
        .schema =
            R"("type":"string","description":"The name whose definitions are wanted, e.g. \"parse\" or \"Parser.parse\".")",
        .read = text_into(&Ask::name, kMaxName)},
       {.name = "path", .schema = kPathSchema, .read = text_into(&Ask::path, kMaxName)},
       {.name = "kinds", .schema = kKindsSchema, .read = texts_into(&Ask::kinds)},
       number_of<Ask>(
           "limit", &Ask::limit, {.low = 1, .high = apps::kMaxToolSymbols},
           R"("default":50,"description":"Most definitions of one answer. Default 50.")"),
       number_of<Ask>("max_tokens", &Ask::max_tokens, kMaxTokensRange, kMaxTokensSchema),
       {.name = "cursor", .schema = kCursorSchema, .read = text_into(&Ask::cursor, kMaxCursor)}},
      [&tools](const Ask& ask, const apps::ToolCall& call) { return tools.symbols(ask, call); });
}

McpTool read_tool(apps::CodeTools& tools) {
  using Ask = apps::CodeToolRead;
  return tool_of<Ask>(
      {.name = "read",
       .title = "Read lines of a file",
       .description =
           "Lines of a file of the tree, numbered. Only files that are indexed are shown: none "
           "outside the tree, none that ignore rules hide.",
       .input_schema = {},
       .run = {}},
      {{.name = "path",
        .schema = kPathSchema,
        .read = text_into(&Ask::path, kMaxName),
        .is_required = true},
       number_of<Ask>("start_line", &Ask::start_line, kLineRange,
                      R"("default":1,"description":"The first line, from 1. Default 1.")"),
       number_of<Ask>(
           "end_line", &Ask::end_line, kLineRange,
           R"("description":"The last line, inclusive. Default: as far as max_tokens allows.")"),
       number_of<Ask>(
           "max_tokens", &Ask::max_tokens, kMaxTokensRange,
           R"("default":4000,"description":"About how long the answer may be, in tokens; it says where it was cut. Default 4000.")")},
      [&tools](const Ask& ask, const apps::ToolCall& call) { return tools.read(ask, call); });
}

struct NoArguments {};

McpTool status_tool(apps::CodeTools& tools) {
  return tool_of<NoArguments>(
      {.name = "status",
       .title = "State of the code index",
       .description =
           "Which tree is indexed, how many files and pieces, in which languages, whether it is up "
           "to date, and what of vectors is missing. Use it when an answer surprises.",
       .input_schema = {},
       .run = {}},
      {}, [&tools](const NoArguments&, const apps::ToolCall& call) { return tools.status(call); });
}

}  // namespace

std::vector<McpTool> code_tool_set(apps::CodeTools& tools) {
  std::vector<McpTool> out;
  out.push_back(search_tool(tools));
  out.push_back(similar_tool(tools));
  out.push_back(symbols_tool(tools));
  out.push_back(read_tool(tools));
  out.push_back(status_tool(tools));
  return out;
}

std::string code_instructions(const std::string& root) {
  return fmt::format(
      "Searches the source tree {}. Start with search, in words or by name; read shows the lines "
      "around a hit. Answers name the tree they are about and say what is not in them yet. Paths "
      "are relative to the tree.",
      root.substr(0, 500));
}

}  // namespace quern::serve
