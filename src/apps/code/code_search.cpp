#include "apps/code/code_search.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/code/ignore_rules.h"
#include "apps/store_model.h"
#include "store/filter/filter.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// Candidates of each side; more where a filter on paths comes after.
constexpr std::uint32_t kWindow = 200;
constexpr std::uint32_t kWideWindow = 4000;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

store::Filter text_filter(std::string name, std::string text) {
  store::Filter out;
  out.op = store::FilterOp::kText;
  out.name = std::move(name);
  out.text = std::move(text);
  return out;
}

store::Filter joined(store::FilterOp op, std::vector<store::Filter> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  store::Filter out;
  out.op = op;
  out.parts = std::move(parts);
  return out;
}

// The folders that a glob names before its first wildcard, with the slash; "" where there is none.
std::string literal_folders(std::string_view glob) {
  if (glob.starts_with('/')) glob.remove_prefix(1);
  const std::string_view literal = glob.substr(0, glob.find_first_of("*?[\\"));
  const std::size_t slash = literal.rfind('/');
  // "src/" and "src" are found in any folder, "src/x" only at the root: as in ignore files.
  if (slash == std::string_view::npos || slash + 1 == glob.size()) return {};
  return std::string(literal.substr(0, slash + 1));
}

std::optional<store::Filter> filter_of(const CodeAsk& ask, const CodeQuestion& question) {
  std::vector<store::Filter> all;
  const auto any_of = [&](const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::vector<store::Filter> any;
    for (const std::string& text : texts) any.push_back(text_filter(name, text));
    all.push_back(joined(store::FilterOp::kOr, std::move(any)));
  };
  any_of("language", ask.languages);
  any_of("kind", ask.kinds);
  any_of("role", ask.roles);
  if (ask.only_definitions) all.push_back(text_filter("symbol", question.name));
  std::vector<store::Filter> prefixes;
  for (const std::string& path : ask.paths) {
    const std::string folders = literal_folders(path);
    if (folders.empty()) {
      prefixes.clear();
      break;
    }
    store::Filter prefix;
    prefix.op = store::FilterOp::kKeyPrefix;
    prefix.text = folders;
    prefixes.push_back(std::move(prefix));
  }
  if (!prefixes.empty()) all.push_back(joined(store::FilterOp::kOr, std::move(prefixes)));
  if (all.empty()) return {};
  return joined(store::FilterOp::kAnd, std::move(all));
}

FileRole role_from_name(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(FileRole::kGenerated); ++i) {
    if (name == role_name(static_cast<FileRole>(i))) return static_cast<FileRole>(i);
  }
  return FileRole::kCode;
}

// Whether a file, or a folder above it, is meant by any of the globs.
bool is_meant(const IgnoreRules& globs, std::string_view path) {
  for (std::size_t end = path.find('/'); true; end = path.find('/', end + 1)) {
    const bool is_file = end == std::string_view::npos;
    const std::string_view part = path.substr(0, end);
    const std::size_t slash = part.rfind('/');
    const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
    if (globs.find(part, name, is_file ? EntryKind::kOther : EntryKind::kFolder) != nullptr) {
      return true;
    }
    if (is_file) return false;
  }
}

CodeCandidate candidate_of(const store::SearchHit& hit, double base) {
  CodeCandidate out = {.path = path_of_key(hit.hit.key), .base = base, .role = {}, .defines = {}};
  for (const store::AttributeValue& value : hit.attributes) {
    if (value.i_attribute == kRoleAttribute) out.role = role_from_name(value.text);
    if (value.i_attribute == kSymbolAttribute) out.defines.push_back(value.text);
  }
  return out;
}

Result<std::vector<std::string>> fields_and_stored(const store::Generation& generation,
                                                   std::string_view key, std::string& stored) {
  QUERN_ASSIGN(const store::Place place, store::find_key(generation.segments(), key));
  store::StoredTextReader reader = generation.segments()[place.i_segment].segment->stored_text();
  QUERN_ASSIGN(store::StoredDocument document, reader.read(place.doc));
  stored = std::move(document.stored);
  return std::move(document.fields);
}

}  // namespace

Result<CodeSearcher> CodeSearcher::create(ThreadPool& pool, engine::Engine* engine) {
  QUERN_ASSIGN(store::Searcher searcher, store::Searcher::create(code_schema(), pool));
  return CodeSearcher(std::move(searcher), engine);
}

Result<std::vector<float>> CodeSearcher::query_vector(const store::Generation& generation,
                                                      const std::string& question,
                                                      std::string& why_not) {
  const store::SpaceRow* space = generation.active_space();
  if (space == nullptr) {
    why_not = "the index has no model";
  } else if (engine_ == nullptr) {
    why_not = "no model was opened";
  } else if (generation.n_missing(space->id) == generation.row().n_live) {
    why_not = "no piece has a vector yet";
  }
  if (!why_not.empty()) return std::vector<float>();
  if (!embedder_ || embeds_for_ != space->space.fingerprint) {
    QUERN_ASSIGN(embedder_, open_embedder(*engine_, space->space));
    embeds_for_ = space->space.fingerprint;
  }
  return embedder_->query_vector(question);
}

Result<CodeAnswer> CodeSearcher::search(const store::Snapshot& snapshot, const CodeAsk& ask) {
  const auto start = Clock::now();
  CodeAnswer out;
  if (ask.question.find_first_not_of(" \t\r\n") == std::string::npos) {
    return {Code::kBadInput, "the question is empty"};
  }
  out.question = reader_.read(ask.question);
  if (ask.only_definitions && !out.question.is_symbol) {
    return {Code::kBadInput,
            fmt::format("'{}' is no name: definitions are looked for by one", ask.question)};
  }
  store::Query query;
  query.text = out.question.words;
  query.mode = ask.mode.value_or(store::Mode::kHybrid);
  if (query.mode != store::Mode::kLexical) {
    QUERN_ASSIGN(query.vector, query_vector(*snapshot, ask.question, out.why_no_vectors));
    if (query.vector.empty() && ask.mode) return {Code::kBadInput, out.why_no_vectors};
    if (query.vector.empty()) query.mode = store::Mode::kLexical;
  }
  out.vector_ms = ms_since(start);
  QUERN_TRY(find(*snapshot, ask, std::move(query), out));
  out.total_ms = ms_since(start);
  return out;
}

Status CodeSearcher::find(const store::Generation& generation, const CodeAsk& ask,
                          store::Query query, CodeAnswer& out) {
  const auto start = Clock::now();
  query.filter = filter_of(ask, out.question);
  query.window = ask.paths.empty() ? std::max(kWindow, ask.n_wanted) : kWideWindow;
  query.n_wanted = 2 * query.window;
  query.give = store::Give::kKeysOnly;
  query.gives_attributes = true;
  query.fusion.spec.alpha =
      out.question.is_symbol ? ask.weights.dense_of_symbol : ask.weights.dense_of_words;
  QUERN_ASSIGN(store::SearchResult found, searcher_.search(generation, query));
  std::vector<store::SearchHit> hits = std::move(found.hits);
  const double largest = found.answered == store::Mode::kLexical && !hits.empty()
                             ? static_cast<double>(hits[0].hit.score)
                             : 1;
  std::vector<double> bases;
  for (const store::SearchHit& hit : hits) {
    bases.push_back(static_cast<double>(hit.hit.score) / largest);
  }
  // Pieces that define the name are candidates, however many others only mention it.
  if (out.question.is_symbol && query.mode != store::Mode::kDense) {
    CodeAsk definitions = ask;
    definitions.only_definitions = true;
    query.filter = filter_of(definitions, out.question);
    query.mode = store::Mode::kLexical;
    query.n_wanted = kWindow;
    QUERN_ASSIGN(store::SearchResult defining, searcher_.search(generation, query));
    std::unordered_set<std::string_view> known;
    double most = 0;
    for (const store::SearchHit& hit : hits) {
      known.insert(hit.hit.key);
      most = std::max(most, hit.sides.lexical.value_or(0));
    }
    std::vector<store::SearchHit> more;
    for (store::SearchHit& hit : defining.hits) {
      if (!known.contains(hit.hit.key)) more.push_back(std::move(hit));
    }
    const double share = found.answered == store::Mode::kHybrid ? 1 - query.fusion.spec.alpha : 1;
    for (store::SearchHit& hit : more) {
      bases.push_back(most > 0 ? share * hit.sides.lexical.value_or(0) / most : 0);
      hits.push_back(std::move(hit));
    }
  }
  out.generation = found.generation;
  out.damaged = std::move(found.damaged);
  out.n_without_vector = found.n_without_vector;
  if (found.answered != store::Mode::kDense) out.tiers = {"lexical", "symbols"};
  if (found.answered != store::Mode::kLexical) out.tiers.emplace_back("dense");
  out.search_ms = ms_since(start);
  const auto ranking = Clock::now();
  const IgnoreRules globs = IgnoreRules::from_globs(ask.paths);
  std::vector<CodeCandidate> candidates;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (!ask.paths.empty() && !is_meant(globs, path_of_key(hits[i].hit.key))) continue;
    candidates.push_back(candidate_of(hits[i], bases[i]));
    places.push_back(i);
  }
  for (const RankedCode& ranked :
       rank_code(out.question, candidates, ask.weights, ask.n_wanted, reader_)) {
    store::SearchHit& hit = hits[places[ranked.i]];
    std::string stored;
    QUERN_ASSIGN(std::vector<std::string> fields,
                 fields_and_stored(generation, hit.hit.key, stored));
    CodeHit& answer = out.hits.emplace_back();
    QUERN_ASSIGN(answer.chunk, chunk_from_bytes(stored));
    answer.path = path_of_key(hit.hit.key);
    answer.text = std::move(fields[2]);
    answer.score = ranked.score;
    answer.sides = std::move(hit.sides);
    answer.parts = ranked;
  }
  if (out.hits.empty()) {
    out.why_empty = hits.empty() ? found.why_empty
                                 : fmt::format("none of the {} nearest pieces lies in {}",
                                               hits.size(), fmt::join(ask.paths, ", "));
  }
  out.rank_ms = ms_since(ranking);
  return {};
}

}  // namespace quern::apps
