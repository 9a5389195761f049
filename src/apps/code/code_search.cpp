#include "apps/code/code_search.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/code/code_filter.h"
#include "apps/store_model.h"
#include "base/elapsed.h"
#include "store/attribute_counts.h"
#include "store/vector/stored_vector.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// Candidates of each side; more where a filter on paths comes after.
constexpr std::uint32_t kWindow = 200;
constexpr std::uint32_t kWideWindow = 4000;

// Of a piece whose words are looked for: more make no better question.
constexpr std::size_t kMaxSimilarBytes = 4000;

CodeScope scope_of(const CodeAsk& ask, const CodeQuestion& question) {
  return {.languages = ask.languages,
          .kinds = ask.kinds,
          .roles = ask.roles,
          .paths = ask.paths,
          .below = ask.below,
          .defines = ask.only_definitions ? question.name : ""};
}

FileRole role_from_name(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(FileRole::kGenerated); ++i) {
    if (name == role_name(static_cast<FileRole>(i))) return static_cast<FileRole>(i);
  }
  return FileRole::kCode;
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
  QUERN_ASSIGN(store::StoredDocument document, store::document_of(generation.segments(), key));
  stored = std::move(document.stored);
  return std::move(document.fields);
}

/// A piece of a file, with its place in the store.
struct Piece {
  store::Place place;
  StoredChunk chunk;
  std::string text;
};

// The piece that holds the line, or else the one before it that is nearest.
Result<Piece> piece_at(const store::Generation& generation, const std::string& path, int line) {
  std::optional<Piece> out;
  for (std::size_t i = 0; i < generation.segments().size(); ++i) {
    const store::SegmentView& view = generation.segments()[i];
    QUERN_ASSIGN(const store::KeyColumn* keys, view.segment->keys());
    QUERN_ASSIGN(const auto range, keys->with_prefix(path + '\0'));
    store::StoredTextReader reader = view.segment->stored_text();
    for (std::uint32_t doc = range.begin; doc < range.end; ++doc) {
      if (!view.live->has(doc)) continue;
      QUERN_ASSIGN(store::StoredDocument document, reader.read(doc));
      QUERN_ASSIGN(StoredChunk chunk, chunk_from_bytes(document.stored));
      const bool is_nearer = !out || (chunk.span.first_line <= line &&
                                      chunk.span.first_line >= out->chunk.span.first_line);
      if (!is_nearer) continue;
      out = Piece{.place = {.i_segment = i, .doc = doc},
                  .chunk = std::move(chunk),
                  .text = std::move(document.fields[2])};
    }
  }
  if (!out) return Status{Code::kNotFound, fmt::format("'{}' is not in the index", path)};
  return std::move(*out);
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

Result<CodeQuestion> CodeSearcher::read(const store::Generation& generation,
                                        const std::string& question) {
  if (counted_ != generation.row().at_ms) {
    main_language_.clear();
    QUERN_ASSIGN(const auto counts, store::count_values(generation, "language"));
    for (const store::ValueCount& count : counts) {
      if (std::uint64_t{2} * count.n_docs > generation.row().n_live) main_language_ = count.text;
    }
    counted_ = generation.row().at_ms;
  }
  return reader_.read(question, main_language_);
}

Result<CodeAnswer> CodeSearcher::search(const store::Snapshot& snapshot, const CodeAsk& ask) {
  const auto start = Clock::now();
  CodeAnswer out;
  if (ask.question.find_first_not_of(" \t\r\n") == std::string::npos) {
    return {Code::kBadInput, "the question is empty"};
  }
  QUERN_ASSIGN(out.question, read(*snapshot, ask.question));
  QUERN_TRY(check_scope(scope_of(ask, out.question)));
  if (ask.only_definitions && !out.question.is_symbol) {
    return {Code::kBadInput,
            fmt::format("'{}' is no name: definitions are looked for by one", ask.question)};
  }
  store::Query query;
  query.text = out.question.words;
  query.mode = ask.mode.value_or(store::Mode::kHybrid);
  if (query.mode != store::Mode::kLexical) {
    Result<std::vector<float>> vector = query_vector(*snapshot, ask.question, out.why_no_vectors);
    if (vector.ok()) {
      query.vector = std::move(*vector);
    } else if (ask.mode) {
      return vector.status();
    } else {
      out.why_no_vectors = vector.status().message();
    }
    if (query.vector.empty() && ask.mode) return {Code::kBadInput, out.why_no_vectors};
    if (query.vector.empty()) query.mode = store::Mode::kLexical;
  }
  if (ask.least_cosine && query.vector.empty()) {
    return {Code::kBadInput,
            fmt::format("a least cosine is of vectors, and none answer: {}",
                        out.why_no_vectors.empty() ? "words alone are asked" : out.why_no_vectors)};
  }
  out.vector_ms = ms_since(start);
  QUERN_TRY(find(*snapshot, ask, std::move(query), out));
  out.total_ms = ms_since(start);
  return out;
}

Status CodeSearcher::find(const store::Generation& generation, const CodeAsk& ask,
                          store::Query query, CodeAnswer& out) {
  const auto start = Clock::now();
  query.filter = filter_of(scope_of(ask, out.question));
  query.window =
      ask.paths.empty() && ask.extensions.empty() ? std::max(kWindow, ask.n_wanted) : kWideWindow;
  query.n_wanted = 2 * query.window;
  query.give = store::Give::kKeysOnly;
  query.gives_attributes = true;
  query.fusion.spec.alpha =
      out.question.is_symbol ? ask.weights.dense_of_symbol : ask.weights.dense_of_words;
  QUERN_ASSIGN(store::SearchResult found, searcher_.search(generation, query));
  const double most = found.answered == store::Mode::kLexical && !found.hits.empty()
                          ? static_cast<double>(found.hits[0].hit.score)
                          : 1;
  std::vector<double> bases;
  // A piece that has no vector yet, as of a file that has just changed, counts by its words alone:
  // the store gives it the least score of the other side.
  const double words = 1 - query.fusion.spec.alpha;
  const bool is_hybrid = found.answered == store::Mode::kHybrid && words > 0;
  for (const store::SearchHit& hit : found.hits) {
    const double base = static_cast<double>(hit.hit.score) / most;
    bases.push_back(is_hybrid && !hit.sides.dense ? base / words : base);
  }
  if (out.question.is_symbol && query.mode != store::Mode::kDense) {
    QUERN_TRY(add_definitions(generation, ask, std::move(query), found, bases));
  }
  out.generation = found.generation;
  out.damaged = std::move(found.damaged);
  out.n_without_vector = found.n_without_vector;
  out.why_empty = std::move(found.why_empty);
  if (found.answered != store::Mode::kDense) out.tiers = {"lexical", "symbols"};
  if (found.answered != store::Mode::kLexical) out.tiers.emplace_back("dense");
  out.search_ms = ms_since(start);
  return rank(generation, ask, std::move(found.hits), bases, out);
}

// Pieces that define the name are candidates, however many others only mention it.
Status CodeSearcher::add_definitions(const store::Generation& generation, const CodeAsk& ask,
                                     store::Query query, store::SearchResult& found,
                                     std::vector<double>& bases) {
  CodeAsk definitions = ask;
  definitions.only_definitions = true;
  const double share = found.answered == store::Mode::kHybrid ? 1 - query.fusion.spec.alpha : 1;
  query.filter = filter_of(scope_of(definitions, reader_.read(ask.question)));
  query.mode = store::Mode::kLexical;
  query.n_wanted = kWindow;
  QUERN_ASSIGN(store::SearchResult defining, searcher_.search(generation, query));
  std::unordered_set<std::string> known;
  double most = 0;
  for (const store::SearchHit& hit : found.hits) {
    known.insert(hit.hit.key);
    most = std::max(most, hit.sides.lexical.value_or(0));
  }
  for (store::SearchHit& hit : defining.hits) {
    if (known.contains(hit.hit.key)) continue;
    bases.push_back(most > 0 ? share * hit.sides.lexical.value_or(0) / most : 0);
    found.hits.push_back(std::move(hit));
  }
  return {};
}

Status CodeSearcher::rank(const store::Generation& generation, const CodeAsk& ask,
                          std::vector<store::SearchHit> hits, const std::vector<double>& bases,
                          CodeAnswer& out) {
  const auto start = Clock::now();
  const PathScope globs(ask.paths, ask.extensions);
  std::vector<CodeCandidate> candidates;
  std::vector<std::size_t> places;
  std::size_t n_far = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (!globs.has(path_of_key(hits[i].hit.key))) continue;
    if (ask.least_cosine && hits[i].sides.dense.value_or(-2) < *ask.least_cosine) {
      ++n_far;
      continue;
    }
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
  if (out.hits.empty() && n_far > 0) {
    out.why_empty =
        fmt::format("none of {} pieces reaches a cosine of {}", n_far, *ask.least_cosine);
  } else if (out.hits.empty() && !hits.empty()) {
    out.why_empty = fmt::format("none of the {} nearest pieces lies in {}", hits.size(),
                                fmt::join(ask.paths.empty() ? ask.extensions : ask.paths, ", "));
  }
  out.rank_ms = ms_since(start);
  return {};
}

Result<CodeAnswer> CodeSearcher::similar(const store::Snapshot& snapshot, const std::string& path,
                                         int line, const CodeAsk& ask) {
  const auto start = Clock::now();
  QUERN_ASSIGN(const Piece piece, piece_at(*snapshot, path, line));
  CodeAnswer out;
  store::Query query;
  QUERN_ASSIGN(query.vector, store::stored_vector(*snapshot, piece.place));
  query.mode = query.vector.empty() ? store::Mode::kLexical : store::Mode::kDense;
  if (query.vector.empty()) out.why_no_vectors = "the piece has no vector";
  query.text = piece.text.substr(0, kMaxSimilarBytes);
  CodeAsk more = ask;
  more.only_definitions = false;
  ++more.n_wanted;
  QUERN_TRY(find(*snapshot, more, std::move(query), out));
  std::erase_if(out.hits, [&](const CodeHit& hit) {
    return hit.path == path && hit.chunk.span == piece.chunk.span;
  });
  if (out.hits.size() > ask.n_wanted) out.hits.resize(ask.n_wanted);
  if (out.hits.empty() && out.why_empty.empty()) out.why_empty = "the index has no other piece";
  out.total_ms = ms_since(start);
  return out;
}

}  // namespace quern::apps
