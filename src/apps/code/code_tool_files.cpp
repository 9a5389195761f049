// The tools that look into files: read and symbols.

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/code/code_tool_question.h"
#include "apps/code/path_reason.h"
#include "apps/code/read_source.h"
#include "apps/code/tool_text.h"
#include "base/checksum.h"
#include "base/edit_distance.h"

namespace quern::apps {
namespace {

// Files whose definitions are looked at for one name.
constexpr std::uint32_t kMaxDefiningPieces = 400;
constexpr int kNearNames = 5;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

// "Parser.parse" is meant by "parse", "Parser.parse" and "Parser::parse".
bool is_named(const Symbol& symbol, std::string_view wanted) {
  std::string path(wanted);
  for (std::size_t at = 0; (at = path.find("::", at)) != std::string::npos;) {
    path.replace(at, 2, ".");
  }
  if (symbol.path == path || symbol.name == path) return true;
  const std::size_t n = path.size();
  return symbol.path.size() > n && symbol.path.ends_with(path) &&
         symbol.path[symbol.path.size() - n - 1] == '.';
}

bool has_kind(const Symbol& symbol, const std::vector<std::string>& kinds) {
  return kinds.empty() ||
         std::find(kinds.begin(), kinds.end(), symbol_kind_name(symbol.kind)) != kinds.end();
}

std::string symbol_text(const Symbol& symbol) {
  std::string out = fmt::format("{}-{}  {} {}", symbol.span.first_line, symbol.span.last_line,
                                symbol_kind_name(symbol.kind), in_a_line(symbol.path));
  if (!symbol.signature.empty()) out += "  " + in_a_line(symbol.signature);
  return out + "\n";
}

}  // namespace

// Those that the index has, or will have once it is made.
WalkOptions CodeTools::files_meant() {
  CodeFacts facts;
  if (options_.walk) {
    facts = facts_of_walk(*options_.walk);
  } else {
    Result<CodeFacts> read = code_facts_of(*store());
    if (read.ok()) facts = std::move(*read);  // Else nothing was committed yet.
  }
  return walk_of_index(facts, root(), options_.place.folder);
}

// Only what is indexed is shown: what ignore rules hide from a search is nobody's to read, either.
Result<CodeTools::OpenFile> CodeTools::open_file(const std::string& path) {
  QUERN_TRY(open());
  if (path.empty() || path.find('\0') != std::string::npos) {
    return {Code::kBadInput, "path is empty or no path: give one that starts at the root"};
  }
  const WalkOptions walk = files_meant();
  QUERN_ASSIGN(const PathReason reason, reason_of_path(root(), path, walk));
  if (reason.state == PathState::kFolder) {
    return {Code::kBadInput,
            fmt::format("'{}' is a folder of {}: name a file, or search with paths [\"{}/\"]",
                        in_a_line(path), in_a_line(root()), in_a_line(reason.path))};
  }
  if (reason.state != PathState::kIndexed) {
    return {Code::kNotFound,
            fmt::format("{} (root: {})", in_a_line(reason.sentence), in_a_line(root()))};
  }
  QUERN_ASSIGN(SourceBytes source, read_source(root(), reason.path, walk.max_file_bytes));
  return OpenFile{
      .path = reason.path, .text = utf8_from_source(std::move(source.bytes)), .kind = reason.kind};
}

Result<ToolAnswer> CodeTools::read(const CodeToolRead& ask, const ToolCall& call) {
  (void)call;  // One file is read at once.
  QUERN_TRY(check_tool_range("max_tokens", ask.max_tokens, kMinToolTokens, kMaxToolTokens));
  if (ask.start_line < 1 || (ask.end_line != 0 && ask.end_line < ask.start_line)) {
    return {Code::kBadInput,
            fmt::format("lines {} to {}: wanted start_line from 1, and end_line not before it",
                        ask.start_line, ask.end_line)};
  }
  QUERN_ASSIGN(const OpenFile file, open_file(ask.path));
  const int n_lines = count_lines(file.text);
  if (ask.start_line > std::max(n_lines, 1)) {
    return {Code::kBadInput, fmt::format("'{}' has {} lines, start_line is {}",
                                         in_a_line(file.path), n_lines, ask.start_line)};
  }
  const int last = ask.end_line == 0 ? n_lines : std::min(ask.end_line, n_lines);
  ToolText text(static_cast<std::size_t>(ask.max_tokens));
  text.add_always(root_line());
  std::string lines;
  std::string_view rest = file.text;
  for (int i = 1; i < ask.start_line; ++i) take_line(rest);
  int next = ask.start_line;
  // What goes around the lines has room for itself.
  constexpr std::size_t kFrame = 160;
  for (; next <= last; ++next) {
    const std::string line = numbered_line(next, take_line(rest));
    const bool is_first = next == ask.start_line;
    if (!is_first && !text.fits(lines.size() + line.size() + file.path.size() + kFrame)) break;
    lines += line;
  }
  text.add_always(fmt::format("{}: lines {} to {} of {}{}\n", in_a_line(file.path), ask.start_line,
                              next - 1, n_lines,
                              file.kind.language.empty() ? "" : ", " + file.kind.language));
  text.add_always(lines);
  if (next <= last) {
    text.add_always(
        fmt::format("cut after {} tokens: go on with start_line {}\n", ask.max_tokens, next));
  } else if (n_lines == 0) {
    text.add_always("the file is empty\n");
  }
  return ToolAnswer{.text = text.take()};
}

Result<ToolAnswer> CodeTools::symbols(const CodeToolSymbols& ask, const ToolCall& call) {
  QUERN_TRY(check_tool_range("limit", ask.limit, 1, kMaxToolSymbols));
  QUERN_TRY(check_tool_range("max_tokens", ask.max_tokens, kMinToolTokens, kMaxToolTokens));
  QUERN_TRY(check_tool_kinds(ask.kinds));
  if (ask.name.empty() == ask.path.empty()) {
    return {Code::kBadInput,
            "give either a name, for its definitions, or a path, for the outline of that file"};
  }
  if (!ask.path.empty()) return outline(ask);
  return definitions(ask, call);
}

// A page of lines, with a heading, and where to go on.
Result<ToolAnswer> CodeTools::symbol_page(const CodeToolSymbols& ask, const SymbolLines& found) {
  const std::string identity =
      fmt::format("symbols\x1f{}\x1f{}\x1f{}", ask.name, ask.path, fmt::join(ask.kinds, "\x1e"));
  std::string all = found.heading;
  for (const std::string& line : found.lines) all += line;
  const std::uint64_t state = checksum64(std::as_bytes(std::span(all)));
  std::size_t begin = 0;
  if (!ask.cursor.empty()) {
    QUERN_ASSIGN(const Cursor cursor, read_cursor(ask.cursor, identity));
    if (cursor.state != state) {
      return {Code::kBadInput,
              "the files have changed since this cursor was given: ask again "
              "without it"};
    }
    begin = std::min(cursor.offset, found.lines.size());
  }
  ToolAnswer out;
  ToolText text(static_cast<std::size_t>(ask.max_tokens));
  text.add_always(root_line() + found.heading);
  std::size_t i = begin;
  const std::size_t end = std::min(found.lines.size(), begin + static_cast<std::size_t>(ask.limit));
  for (; i < end; ++i) {
    if (text.add(found.lines[i])) continue;
    if (i > begin) break;
    text.add_always(found.lines[i]);
  }
  if (i < found.lines.size()) {
    out.cursor = make_cursor(state, i, identity);
    text.add_always(fmt::format("{} to {} of {}; for the next ones pass cursor \"{}\"\n", begin + 1,
                                i, found.lines.size(), out.cursor));
  }
  text.add_always(found.notes);
  out.text = text.take();
  return out;
}

Result<ToolAnswer> CodeTools::outline(const CodeToolSymbols& ask) {
  QUERN_ASSIGN(const OpenFile file, open_file(ask.path));
  const ChunkedCode code = options_.chunker->chunk(file.kind.language, file.text);
  SymbolLines found;
  found.heading = fmt::format("{}: {} lines{}\n", in_a_line(file.path), count_lines(file.text),
                              file.kind.language.empty() ? "" : ", " + file.kind.language);
  std::vector<const Symbol*> around;
  for (const Symbol& symbol : code.symbols) {
    while (!around.empty() && around.back()->span.end <= symbol.span.begin) around.pop_back();
    if (has_kind(symbol, ask.kinds)) {
      found.lines.push_back(std::string(2 * around.size(), ' ') + symbol_text(symbol));
    }
    around.push_back(&symbol);
  }
  if (found.lines.empty()) {
    found.notes =
        fmt::format("no definitions{}\n", !code.by_syntax && !code.note.empty() ? ": " + code.note
                                          : ask.kinds.empty()                   ? " in it"
                                                              : " of these kinds in it");
  }
  return symbol_page(ask, found);
}

Result<ToolAnswer> CodeTools::definitions(const CodeToolSymbols& ask, const ToolCall& call) {
  QUERN_ASSIGN(const CodeFreshness freshness, refresh(call));
  QUERN_ASSIGN(const store::Snapshot snapshot, store()->snapshot());
  CodeAsk search;
  search.question = ask.name;
  search.n_wanted = kMaxDefiningPieces + 1;
  search.only_definitions = true;
  search.below = options_.below;
  search.mode = store::Mode::kLexical;
  QUERN_ASSIGN(const CodeAnswer defining, run_search(snapshot, search));
  SymbolLines found;
  const bool has_more = defining.hits.size() > kMaxDefiningPieces;
  std::string unreadable;
  std::set<std::string_view> seen;
  for (const CodeHit& hit : defining.hits) {
    if (!seen.insert(hit.path).second) continue;
    if (call.is_cancelled && call.is_cancelled())
      return {Code::kCancelled, "the call was cancelled"};
    const Result<OpenFile> file = open_file(hit.path);
    if (!file.ok()) {
      // Gone meanwhile, or not to be read just now: where it was is still worth saying.
      if (unreadable.empty()) unreadable = file.status().message();
      found.lines.push_back(fmt::format("{}:{}-{}  (as the index has it)\n", in_a_line(hit.path),
                                        hit.chunk.span.first_line, hit.chunk.span.last_line));
      continue;
    }
    const ChunkedCode code = options_.chunker->chunk(file->kind.language, file->text);
    for (const Symbol& symbol : code.symbols) {
      if (!is_named(symbol, ask.name) || !has_kind(symbol, ask.kinds)) continue;
      found.lines.push_back(fmt::format("{}:{}", in_a_line(hit.path), symbol_text(symbol)));
    }
  }
  found.heading = fmt::format("definitions of {}: {}{}\n", in_a_line(ask.name),
                              has_more ? "at least " : "", found.lines.size());
  if (has_more) {
    found.notes += "note: more pieces define it: narrow it down by search with paths\n";
  }
  if (!unreadable.empty()) {
    found.notes += fmt::format("note: some files cannot be read now: {}\n", in_a_line(unreadable));
  }
  if (found.lines.empty()) {
    QUERN_ASSIGN(const std::string near, near_names(snapshot, ask.name));
    found.notes += near;
  }
  found.notes += notes(freshness, "", 0);
  return symbol_page(ask, found);
}

// What is called about like that, from the files that a search for it finds.
Result<std::string> CodeTools::near_names(const store::Snapshot& snapshot,
                                          const std::string& name) {
  CodeAsk search;
  search.question = name;
  search.n_wanted = 10;
  search.below = options_.below;
  search.mode = store::Mode::kLexical;
  QUERN_ASSIGN(const CodeAnswer answer, run_search(snapshot, search));
  std::set<std::string> names;
  for (const CodeHit& hit : answer.hits) {
    const ChunkedCode code = options_.chunker->chunk(hit.chunk.language, hit.text);
    for (const Symbol& symbol : code.symbols) names.insert(symbol.name);
  }
  const std::vector<std::string> near =
      nearest_names(name, std::vector<std::string>(names.begin(), names.end()), kNearNames);
  std::string out =
      fmt::format("nothing in the index defines it ({} pieces)\n", snapshot->row().n_live);
  if (!near.empty()) {
    out += in_a_line(fmt::format("did you mean {}?", fmt::join(near, ", "))) + "\n";
  } else {
    out += "search finds what mentions it\n";
  }
  return out;
}

}  // namespace quern::apps
