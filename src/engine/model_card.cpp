#include "engine/model_card.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "engine/task_check.h"

namespace quern::engine {
namespace {

/// What sentence-transformers calls the prompts of a role, the first that is there.
std::span<const char* const> prompts_of(TextRole role) {
  static constexpr const char* kQuery[] = {"query"};
  static constexpr const char* kDocument[] = {"document", "passage", "corpus"};
  switch (role) {
    case TextRole::kAny:
      return {};
    case TextRole::kQuery:
      return kQuery;
    case TextRole::kDocument:
      return kDocument;
  }
  return {};
}

Result<std::string> find_prompt(const formats::ModelFolder& folder, const Request& request,
                                TextRole role) {
  if (request.prompt) return *request.prompt;
  const std::string& name = request.prompt_name;
  if (name.empty()) {
    for (const char* of_role : prompts_of(role)) {
      const auto found = folder.prompts.find(of_role);
      if (found != folder.prompts.end()) return found->second;
    }
    return folder.default_prompt;
  }
  const auto found = folder.prompts.find(name);
  if (found != folder.prompts.end()) return found->second;
  std::string known;
  for (const auto& [known_name, text] : folder.prompts) {
    known += fmt::format("{}'{}'", known.empty() ? "" : ", ", known_name);
  }
  return {Code::kBadInput, fmt::format("no prompt is named '{}', the model has {}", name,
                                       known.empty() ? "none" : known)};
}

/// Tokens that a prompt puts before a text: its own and the template's first ones.
/// Source: sentence-transformers, base/modules/transformer.py, _get_prompt_length.
int n_prompt_tokens(const text::TextEncoder& encoder, const std::string& prompt) {
  const auto n = static_cast<int>(encoder.encode(prompt, 0).ids.size());
  return encoder.has_end_token() ? n - 1 : n;
}

/// Sets how many of its rows do not count. Errors: kBadInput where none would.
Status leave_out_prompt(const Plan& plan, text::TruncationSide side, text::Encoding& encoding) {
  encoding.n_unpooled = plan.n_unpooled;
  if (side == text::TruncationSide::kLeft) {
    encoding.n_unpooled = std::max(0, plan.n_unpooled - encoding.n_dropped);
  }
  if (encoding.n_unpooled < static_cast<int>(encoding.ids.size())) return {};
  return {Code::kBadInput,
          fmt::format("the prompt fills the whole limit of {} tokens", plan.max_tokens)};
}

/// Whether texts get a token that says which side of late interaction they are on.
bool puts_marker(const EncoderFacts& facts, const Plan& plan) {
  if (plan.form.kind != OutputKind::kRows || !facts.folder.head.rows->late) return false;
  const bool has_queries = plan.scores_first || plan.role == TextRole::kQuery;
  const bool has_documents = plan.scores_first || plan.role != TextRole::kQuery;
  return (has_queries && facts.ids.query_marker >= 0) ||
         (has_documents && facts.ids.document_marker >= 0);
}

// The model's own limit, or the wish, which may go up to the last position there is.
Result<int> token_limit(const ModelCard& card, const Plan& plan, int wanted) {
  const EncoderFacts& facts = card.as_encoder();
  const int limit = wanted == 0 ? facts.folder.max_tokens : wanted;
  const int n_positions = facts.folder.config.n_positions;
  const int fewest = facts.n_template + (puts_marker(facts, plan) ? 1 : 0);
  if (limit <= fewest || limit > n_positions) {
    return {Code::kBadInput,
            fmt::format("max_tokens is {}, want {} to {}", limit, fewest + 1, n_positions)};
  }
  return limit;
}

/// As a query or a document of late interaction: its marker behind the first token, and a query
/// filled up. Source: lightonai/pylate, models/colbert.py, tokenize.
text::Encoding encode_side(const ModelCard& card, const Plan& plan, const Input& input,
                           bool is_query) {
  const EncoderFacts& facts = card.as_encoder();
  const formats::LateInteraction& late = *facts.folder.head.rows->late;
  const int own_limit = is_query ? late.query.max_tokens : late.document.max_tokens;
  const int most =
      plan.has_wished_limit || own_limit == 0 ? plan.max_tokens : facts.folder.config.n_positions;
  const int limit = own_limit > 0 ? std::min(own_limit, most) : most;
  const text::TokenId marker = is_query ? facts.ids.query_marker : facts.ids.document_marker;
  const int n_own = marker >= 0 ? limit - 1 : limit;
  const std::string& prompt = is_query && plan.scores_first ? plan.query_prompt : plan.prompt;
  text::Encoding out = input.ids
                           ? card.encoder->wrap(*input.ids, n_own, plan.truncation_side)
                           : card.encoder->encode(prompt + input.text, n_own, plan.truncation_side);
  out.is_query = is_query;
  if (marker >= 0) {
    const std::ptrdiff_t second = out.ids.empty() ? 0 : 1;
    out.ids.insert(out.ids.begin() + second, marker);
    out.type_ids.insert(out.type_ids.begin() + second, 0);
  }
  if (!is_query || !late.filling) return out;
  const auto n_filled = static_cast<std::size_t>(std::min(late.filling->n_tokens, limit));
  if (out.ids.size() >= n_filled) return out;
  if (!late.filling->is_seen) out.n_unseen = static_cast<int>(n_filled - out.ids.size());
  out.ids.resize(n_filled, facts.ids.filler);
  out.type_ids.resize(n_filled, 0);
  return out;
}

Status check_ids(const ModelCard& card, const std::vector<text::TokenId>& ids) {
  const int n_vocab = card.as_encoder().folder.config.n_vocab;
  const auto bad =
      std::find_if(ids.begin(), ids.end(), [&](int id) { return id < 0 || id >= n_vocab; });
  if (bad == ids.end()) return {};
  return {Code::kBadInput,
          fmt::format("token id {} is outside the vocabulary of {}", *bad, n_vocab)};
}

Status takes_no_pairs(const ModelCard& card) {
  return {Code::kBadInput, fmt::format("model '{}' takes no pairs of texts", card.name)};
}

/// The texts of an input that is a pair, or a document that the plan has the query to.
std::pair<std::string_view, std::string_view> pair_of(const Plan& plan, const Input& input) {
  if (plan.query) return {*plan.query, input.text};
  return {input.text, *input.text_pair};
}

Result<text::Encoding> encode_pair(const ModelCard& card, const Plan& plan, const Input& input) {
  const int n_template = card.as_encoder().n_pair_template;
  if (n_template == 0) return takes_no_pairs(card);
  if (plan.max_tokens < n_template) {
    return {Code::kBadInput,
            fmt::format("max_tokens is {}, a pair needs at least {}", plan.max_tokens, n_template)};
  }
  const auto [first, second] = pair_of(plan, input);
  return card.encoder->encode_pair(plan.prompt + std::string(first), second, plan.max_tokens,
                                   plan.truncation_side);
}

/// A pair in the text that asks for a judgement of it.
Result<text::Encoding> encode_prompted(const ModelCard& card, const Plan& plan,
                                       const Input& input) {
  const EncoderFacts& facts = card.as_encoder();
  const formats::PairPrompt& prompt = *facts.folder.pair_prompt;
  if (!plan.query && !input.text_pair) {
    return {Code::kBadInput, fmt::format("model '{}' judges pairs of texts only", card.name)};
  }
  if (plan.max_tokens <= facts.n_pair_template) {
    return {Code::kBadInput, fmt::format("max_tokens is {}, the text round a pair has {}",
                                         plan.max_tokens, facts.n_pair_template)};
  }
  QUERN_ASSIGN(const std::string head, formats::head_with(prompt, plan.prompt));
  const text::Tokenizer& tokenizer = card.encoder->tokenizer();
  std::vector<text::TokenId> suffix;
  tokenizer.encode(prompt.suffix, text::Specials::kAsToken, suffix);
  text::Encoding out;
  const auto [first, second] = pair_of(plan, input);
  tokenizer.encode(fmt::format("{}{}{}{}", head, first, prompt.between, second),
                   text::Specials::kAsToken, out.ids);
  const std::size_t room = static_cast<std::size_t>(plan.max_tokens) - suffix.size();
  if (out.ids.size() > room) {
    out.n_dropped = static_cast<int>(out.ids.size() - room);
    out.ids.resize(room);
  }
  out.ids.insert(out.ids.end(), suffix.begin(), suffix.end());
  out.type_ids.assign(out.ids.size(), 0);
  return out;
}

/// A text whose tokens are labelled: bytes of a prompt are not the text's.
Result<text::Encoding> encode_tagged(const ModelCard& card, const Plan& plan, const Input& input) {
  if (input.text_pair) return takes_no_pairs(card);
  if (input.ids) {
    return {Code::kBadInput, "labels stand at bytes of a text, the input came as token ids"};
  }
  const std::size_t n = plan.prompt.size();
  text::Encoding out =
      card.encoder->encode_located(plan.prompt + input.text, plan.max_tokens, plan.truncation_side);
  for (ByteSpan& span : out.spans) {
    span = span.end <= n ? ByteSpan() : ByteSpan{std::max(span.begin, n) - n, span.end - n};
  }
  return out;
}

Result<text::Encoding> encode_any(const ModelCard& card, const Plan& plan, const Input& input,
                                  std::size_t i) {
  if (plan.form.kind == OutputKind::kRows && card.as_encoder().folder.head.rows->late) {
    if (input.text_pair) return takes_no_pairs(card);
    if (input.ids) QUERN_TRY(check_ids(card, *input.ids));
    const bool is_query = plan.scores_first ? i == 0 : plan.role == TextRole::kQuery;
    return encode_side(card, plan, input, is_query);
  }
  if (plan.form.kind == OutputKind::kTags) return encode_tagged(card, plan, input);
  if (plan.query && (input.ids || input.text_pair)) {
    return {Code::kBadInput, "a document is one text, it came as token ids or as a pair"};
  }
  if (input.ids) {
    if (input.text_pair) return {Code::kBadInput, "an input is token ids or a pair, not both"};
    QUERN_TRY(check_ids(card, *input.ids));  // Before they are wrapped: name the caller's own.
    return card.encoder->wrap(*input.ids, plan.max_tokens, plan.truncation_side);
  }
  if (card.as_encoder().folder.pair_prompt) return encode_prompted(card, plan, input);
  if (plan.query || input.text_pair) return encode_pair(card, plan, input);
  if (plan.prompt.empty()) {
    return card.encoder->encode(input.text, plan.max_tokens, plan.truncation_side);
  }
  return card.encoder->encode(plan.prompt + input.text, plan.max_tokens, plan.truncation_side);
}

/// Of documents that are scored for a query which goes in with them.
Status plan_late_scores(const ModelCard& card, const Request& request, Plan& plan) {
  const formats::ModelFolder& folder = card.as_encoder().folder;
  if (request.dimensions != 0 || request.normalize) {
    return {Code::kBadInput, "dimensions and normalize are for vectors, documents are scored here"};
  }
  plan.form.kind = OutputKind::kRows;
  plan.scores_first = true;
  QUERN_ASSIGN(plan.query_prompt, find_prompt(folder, request, TextRole::kQuery));
  QUERN_ASSIGN(plan.prompt, find_prompt(folder, request, TextRole::kDocument));
  return {};
}

/// Which numbers are wanted, and what is done to them. Errors: kBadInput.
Status plan_output(const ModelCard& card, const Request& request, Plan& plan) {
  const formats::HeadFacts& head = card.as_encoder().folder.head;
  if (request.task != Task::kEmbed) {
    if (request.dimensions == 0 && !request.normalize && !request.output) return {};
    return {Code::kBadInput, request.dimensions != 0
                                 ? "dimensions are for vectors, this model classifies"
                                 : "output and normalize are for vectors, this model classifies"};
  }
  plan.form.kind = request.output.value_or(head.output);
  if (!head.makes(plan.form.kind)) {
    return {Code::kBadInput, fmt::format("output '{}' is asked for, model '{}' makes: {}",
                                         formats::output_name(plan.form.kind), card.name,
                                         formats::output_names(head))};
  }
  if (plan.form.kind == OutputKind::kSparse) {
    if (request.dimensions == 0 && !request.normalize) return {};
    return {Code::kBadInput,
            "dimensions and normalize are for vectors and rows, weights of terms are as they are"};
  }
  const bool is_vector = plan.form.kind == OutputKind::kVector;
  const int n_values = is_vector ? head.n_values : head.rows->n_values;
  if (request.dimensions < 0 || request.dimensions > n_values) {
    return {Code::kBadInput,
            fmt::format("dimensions is {}, want 1 to {}", request.dimensions, n_values)};
  }
  const bool has_unit_length = is_vector ? head.is_normalized() : head.rows->is_normalized();
  plan.form.leaves_last_norm = request.normalize == false && has_unit_length;
  // A request that slices wants length 1, unless it says otherwise; a model's own cut does not.
  const int cut = request.dimensions != 0 ? request.dimensions : is_vector ? head.truncate_to : 0;
  const bool scales = request.normalize.value_or(request.dimensions != 0);
  plan.slice = scales ? Slice::kNormalize : Slice::kCutOnly;
  if (cut != 0 && cut != n_values) {
    plan.slice_to = cut;
  } else if (scales && !has_unit_length) {  // What has length 1 already keeps its bits.
    plan.slice_to = n_values;
  }
  return {};
}

/// The id of each token, by its text; -1 where the vocabulary has none of that text. Of several the
/// last: bytes that stand for themselves come first. Cost: O(tokens + texts).
std::vector<text::TokenId> find_tokens(const text::Tokenizer& tokenizer,
                                       std::span<const std::string> texts) {
  std::unordered_map<std::string_view, text::TokenId> wanted;
  for (const std::string& text : texts) wanted[text] = -1;
  std::string token;
  for (text::TokenId id = 0; id < tokenizer.n_vocab(); ++id) {
    token.clear();
    tokenizer.decode(id, token);
    const auto found = wanted.find(token);
    if (found != wanted.end()) found->second = id;
  }
  std::vector<text::TokenId> out;
  for (const std::string& text : texts) out.push_back(wanted[text]);
  return out;
}

/// Tokens that are put in, which a vocabulary must have, and those that do not count, which it need
/// not.
Status find_late_ids(const formats::LateInteraction& late, const text::TextEncoder& encoder,
                     NamedIds& out) {
  std::vector<std::string> texts = {late.query.marker, late.document.marker,
                                    late.filling ? late.filling->token : ""};
  texts.insert(texts.end(), late.skipped.begin(), late.skipped.end());
  const std::vector<text::TokenId> found = find_tokens(encoder.tokenizer(), texts);
  text::TokenId* const places[] = {&out.query_marker, &out.document_marker, &out.filler};
  for (std::size_t i = 0; i < std::size(places); ++i) {
    if (texts[i].empty()) continue;
    if (found[i] < 0) {
      return {Code::kBadInput,
              fmt::format("the token '{}', which {}, is not in the vocabulary", texts[i],
                          i == 0   ? "marks queries"
                          : i == 1 ? "marks documents"
                                   : "fills queries up")};
    }
    *places[i] = found[i];
  }
  for (std::size_t i = std::size(places); i < found.size(); ++i) {
    if (found[i] >= 0) out.skipped.push_back(found[i]);
  }
  std::sort(out.skipped.begin(), out.skipped.end());
  return {};
}

Result<NamedIds> find_named_ids(const formats::HeadFacts& head, const text::TextEncoder& encoder) {
  NamedIds out;
  if (head.rows && head.rows->late) QUERN_TRY(find_late_ids(*head.rows->late, encoder, out));
  if (head.sparse && head.sparse->kind == formats::SparseFacts::Kind::kLexical) {
    out.no_terms = encoder.wrap({}, 0).ids;
    if (encoder.unknown_id() >= 0) out.no_terms.push_back(encoder.unknown_id());
    std::sort(out.no_terms.begin(), out.no_terms.end());
  }
  return out;
}

/// A side's own limit has room for text. Errors: kBadInput.
Status check_side(const EncoderFacts& facts, const char* side, int limit, text::TokenId marker) {
  const int n_around = facts.n_template + (marker >= 0 ? 1 : 0);
  if (limit == 0 || limit > n_around) return {};
  return {Code::kBadInput,
          fmt::format("{} get {} tokens, and the template with the marker takes {}: want more",
                      side, limit, n_around)};
}

Status check_sides(const EncoderFacts& facts) {
  const formats::HeadFacts& head = facts.folder.head;
  if (!head.rows || !head.rows->late) return {};
  const formats::LateInteraction& late = *head.rows->late;
  QUERN_TRY(check_side(facts, "queries", late.query.max_tokens, facts.ids.query_marker));
  return check_side(facts, "documents", late.document.max_tokens, facts.ids.document_marker);
}

}  // namespace

const EncoderFacts& ModelCard::as_encoder() const {
  QUERN_CHECK(!generates());
  return *std::get_if<EncoderFacts>(&facts);
}

const DecoderFacts& ModelCard::as_decoder() const {
  QUERN_CHECK(generates());
  return *std::get_if<DecoderFacts>(&facts);
}

Task ModelCard::task() const {
  if (generates()) return Task::kGenerate;
  const formats::OutputKind output = as_encoder().folder.head.output;
  if (output == OutputKind::kTags) return Task::kTag;
  return output == OutputKind::kLogits ? Task::kClassify : Task::kEmbed;
}

int ModelCard::n_values() const { return generates() ? 0 : as_encoder().folder.head.n_values; }

std::string state_of_files(const std::string& key) {
  const std::size_t at = key.rfind('#');
  return at == std::string::npos ? "" : key.substr(at + 1);
}

ModelInfo info_from(const ModelCard& card, const WeightInfo& weights) {
  ModelInfo info;
  info.name = card.name;
  info.digest = card.digest;
  info.state = state_of_files(card.key);
  info.task = card.task();
  info.precision = weights.precision;
  info.weight_bytes = weights.bytes;
  if (card.generates()) {
    const formats::DecoderConfig& config = card.as_decoder().model.config;
    info.family = formats::decoder_family_name(config.family);
    info.dims = config.d_model;
    info.max_tokens = config.n_positions;
    info.n_vocab = config.n_vocab;
    return info;
  }
  const formats::ModelFolder& folder = card.as_encoder().folder;
  const formats::HeadFacts& head = folder.head;
  info.family = folder.config.family;
  info.dims = head.truncate_to > 0 ? head.truncate_to : head.n_values;
  info.output = head.output;
  info.has_rows = head.makes(OutputKind::kRows);
  info.has_terms = head.makes(OutputKind::kSparse);
  if (info.output == OutputKind::kVector) info.pooling = formats::poolings_text(head.poolings);
  info.labels = head.labels;
  info.scale = head.scale;
  info.max_tokens = folder.max_tokens;
  info.n_vocab = folder.config.n_vocab;
  return info;
}

Result<EncoderFacts> encoder_facts(formats::ModelFolder folder, const text::TextEncoder& encoder) {
  EncoderFacts facts;
  facts.folder = std::move(folder);
  QUERN_ASSIGN(facts.ids, find_named_ids(facts.folder.head, encoder));
  facts.n_template = static_cast<int>(encoder.wrap({}, 0).ids.size());
  QUERN_TRY(check_sides(facts));
  if (const auto& prompt = facts.folder.pair_prompt) {
    std::vector<text::TokenId> ids;
    for (const std::string* part : {&prompt->head, &prompt->between, &prompt->suffix}) {
      encoder.tokenizer().encode(*part, text::Specials::kAsToken, ids);
    }
    facts.n_pair_template = static_cast<int>(ids.size());
  } else if (encoder.has_pair_template()) {
    facts.n_pair_template = static_cast<int>(encoder.encode_pair("", "", 0).ids.size());
  }
  return facts;
}

Result<Plan> plan_request(const ModelCard& card, const Request& request) {
  if (card.generates()) {
    return {Code::kBadInput, fmt::format("model '{}' {}, it cannot do what is asked", card.name,
                                         what_it_does(card.task()))};
  }
  const formats::ModelFolder& folder = card.as_encoder().folder;
  const formats::HeadFacts& head = folder.head;
  QUERN_TRY(check_task(card.name, card.task(), head.labels, head.scale, request.task));
  Plan plan;
  plan.form.kind = head.output;
  if (request.task == Task::kRerank && head.scale == Scale::kMaxSim) {
    QUERN_TRY(plan_late_scores(card, request, plan));
  } else {
    QUERN_TRY(plan_output(card, request, plan));
    if (request.task == Task::kRerank) plan.query = request.query;
    const bool needs_pairs = request.task == Task::kRerank || request.task == Task::kZeroShot;
    if (needs_pairs && card.as_encoder().n_pair_template == 0) return takes_no_pairs(card);
    QUERN_ASSIGN(plan.prompt, find_prompt(folder, request, request.role));
  }
  plan.role = request.role;
  plan.truncation = request.truncation;
  plan.truncation_side = request.truncation_side;
  if (!head.pools_prompt && !plan.prompt.empty()) {
    plan.n_unpooled = n_prompt_tokens(*card.encoder, plan.prompt);
  }
  QUERN_ASSIGN(plan.max_tokens, token_limit(card, plan, request.max_tokens));
  plan.has_wished_limit = request.max_tokens != 0;
  return plan;
}

Result<text::Encoding> encode_input(const ModelCard& card, const Plan& plan, const Input& input,
                                    std::size_t i) {
  QUERN_ASSIGN(text::Encoding encoding, encode_any(card, plan, input, i));
  const std::size_t n_tokens = encoding.ids.size();
  if (encoding.n_dropped > 0 && plan.truncation == Truncation::kRefuse) {
    return {Code::kBadInput,
            fmt::format("text has {} tokens, the limit is {}",
                        n_tokens + static_cast<std::size_t>(encoding.n_dropped), n_tokens)};
  }
  if (n_tokens == 0) return {Code::kBadInput, "text has no tokens"};
  if (plan.n_unpooled > 0 && !input.ids) {
    const auto side = plan.truncation_side.value_or(card.encoder->truncation_side());
    QUERN_TRY(leave_out_prompt(plan, side, encoding));
  }
  // Nothing below may trust the files to agree with each other.
  QUERN_TRY(check_ids(card, encoding.ids));
  const formats::EncoderConfig& config = card.as_encoder().folder.config;
  for (const std::uint8_t type : encoding.type_ids) {
    if (config.n_types > 0 && type >= config.n_types) {
      return {Code::kBadInput, fmt::format("segment {} is asked for, the model has {}",
                                           static_cast<int>(type), config.n_types)};
    }
  }
  if (n_tokens > static_cast<std::size_t>(config.n_positions)) {
    return {Code::kBadInput, fmt::format("text has {} tokens, the model has {} positions", n_tokens,
                                         config.n_positions)};
  }
  return encoding;
}

}  // namespace quern::engine
