#include "formats/gguf/gguf_pre_tokenizers.h"

#include <span>

#include <fmt/format.h>

#include "formats/fast_json.h"

namespace quern::formats {
namespace {

namespace pre_tokenizers = text::pre_tokenizers;
using Writing = GgufPreTokenizer::Writing;

// ByteLevel's own regex, but for its last alternative: the gap that it leaves is a piece too.
constexpr const char* kGpt2Words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))";
constexpr const char* kDefault[] = {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2Words, R"(\p{N}+)",
                                    R"([0-9][0-9][0-9])"};
constexpr const char* kMiniCpm5[] = {
    R"(\p{N}{1,3})", R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+|)"
                     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kLlama3[] = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kDeepseekLlm[] = {
    R"([\r\n])",
    R"(\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+)",
    R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)",
    R"(\s+$)",
    R"([一-龥ࠀ-一가-퟿]+)",
    R"(\p{N}+)"};
constexpr const char* kDeepseekCoder[] = {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)",
                                          R"([一-龥ࠀ-一가-퟿]+)", R"(\p{N})"};
constexpr const char* kDeepseekV3[] = {
    R"(\p{N}{1,3})", R"([一-龥぀-ゟ゠-ヿ]+)",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"
    R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kSpark[] = {
    R"(\p{N}{1,3})", R"([一-龥぀-ゟ゠-ヿ]+)",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"
    R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+)",
    R"(\p{N})"};
constexpr const char* kYoutu[] = {
    R"([가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|)"
    R"([一-龥぀-ゟ゠-ヿ]+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|)"
    R"('t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|)"
    R"('t|'re|'ve|'m|'ll|'d)?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kFalcon[] = {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2Words, R"([0-9][0-9][0-9])"};
constexpr const char* kGpt2[] = {kGpt2Words};
constexpr const char* kStarCoder[] = {R"(\p{N})", kGpt2Words};
constexpr const char* kJais2[] = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|)"
    R"(\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})"};
constexpr const char* kQwen2[] = {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
                                  R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kQwen35[] = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
    R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kBloom[] = {R"( ?[^(\s|.,!?…。，、।۔،)]+)"};
constexpr const char* kViking[] = {R"( ?[^(\s|.,!?…。，、।۔،)]+)", R"(\p{N})"};
constexpr const char* kTekken[] = {
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kExaoneMoe[] = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)"};
constexpr const char* kChameleon[] = {
    R"(<sentinel:[0-9]+>)",    R"((IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z)",
    R"(([\t\n]|    |  ))",     R"(\p{N})",
    R"([\p{P}!-/:-@\[-`{-~])", kGpt2Words};
constexpr const char* kGpt4o[] = {
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|)"
    R"('t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|)"
    R"('t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|)"
    R"(\s+)"};
constexpr const char* kTinyAya[] = {
    R"(\d{1,3}(?=(?:\d{3})*\b))",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|)"
    R"('t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|)"
    R"('t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|)"
    R"(\s+)"};
constexpr const char* kSuperBpe[] = {R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"};
constexpr const char* kBailingMoe[] = {
    R"('(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"};
constexpr const char* kSeedCoder[] = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}|)"
    R"( ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kUfakzeka[] = {
    R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
// Where Moonshot's own pattern cuts camelCase, llama.cpp's code does not.
constexpr const char* kKimiK2[] = {
    R"([\p{Han}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*)"
    R"([\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+)"
    R"([\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
// Digits by threes from the right, in steps that are linear: a run, what is left of its threes, the
// threes.
constexpr const char* kAfmoe[] = {
    R"(\p{N}+)", R"(\A\p{N}{1,2}(?=(?:\p{N}{3})+\z))", R"(\p{N}{3})",
    R"([一-鿿㐀-䶿豈-\x{FAFF}぀-ゟ゠-ヿ･-ﾟ⼀-\x{2FDF}เ-๿\x{E80}-\x{EFF}ក-៿က-႟ꩠ-ꩿꧠ-\x{A9FF}가-\x{D7AF}ᄀ-ᇿ]+)",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"
    R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr const char* kLaguna[] = {R"([^\n]+|[\n]+)", kQwen2[0]};

/// Names with one meaning. Each regex cuts the pieces that the one before left, and gaps are pieces
/// too. Where llama.cpp's own regex engine makes it differ from the models' tokenizer.json, the
/// latter is followed.
struct Row {
  std::string_view names;  // Separated by spaces.
  std::span<const char* const> regexes = {};
  Writing writing = Writing::kBytes;
  bool composes = false;
  bool adds_bos = false;
  bool forces_bos = false;
  bool adds_sep = false;
  bool whole_words = false;
};

constexpr Row kRows[] = {
    {.names = "default", .regexes = kDefault},
    {.names = "minicpm5", .regexes = kMiniCpm5, .whole_words = true},
    {.names = "dbrx smaug-bpe", .regexes = kLlama3},
    {.names = "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
     .regexes = kLlama3,
     .adds_bos = true,
     .whole_words = true},
    {.names = "glm4 glm5", .regexes = kLlama3, .whole_words = true},
    {.names = "chatglm-bpe", .regexes = kLlama3},
    {.names = "deepseek-llm", .regexes = kDeepseekLlm},
    {.names = "deepseek-coder", .regexes = kDeepseekCoder},
    {.names = "deepseek-v3 hunyuan-dense hy_v4 joyai-llm", .regexes = kDeepseekV3},
    {.names = "spark2_5", .regexes = kSpark},
    {.names = "youtu", .regexes = kYoutu, .whole_words = true},
    {.names = "falcon", .regexes = kFalcon},
    {.names = "gpt-2 phi-2 mpt jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum "
              "modern-bert olmo jais exaone4 trillion granite-docling",
     .regexes = kGpt2},
    {.names = "jina-v1-en jina-v2-code roberta-bpe", .regexes = kGpt2, .adds_sep = true},
    {.names = "starcoder refact codeshell exaone minerva-7b mellum2 command-r smollm",
     .regexes = kStarCoder},
    {.names = "jais-2", .regexes = kJais2},
    {.names = "stablelm2 megrez kormo f2llmv2 hunyuan grok-2 solar-open", .regexes = kQwen2},
    {.names = "qwen2 deepseek-r1-qwen", .regexes = kQwen2, .composes = true},
    {.names = "qwen35", .regexes = kQwen35},
    {.names = "bloom gpt3-finnish poro-chat", .regexes = kBloom},
    {.names = "viking", .regexes = kViking},
    {.names = "tekken", .regexes = kTekken, .adds_bos = true, .whole_words = true},
    {.names = "exaone-moe", .regexes = kExaoneMoe},
    {.names = "chameleon", .regexes = kChameleon, .adds_bos = true},
    {.names = "gpt-4o llama4 kanana2 talkie minimax-m2", .regexes = kGpt4o},
    {.names = "granite-embed-multi-97m", .regexes = kGpt4o, .whole_words = true},
    {.names = "tiny_aya cohere2moe", .regexes = kTinyAya},
    {.names = "superbpe", .regexes = kSuperBpe},
    {.names = "bailingmoe bailingmoe2 llada-moe", .regexes = kBailingMoe},
    {.names = "seed-coder", .regexes = kSeedCoder},
    {.names = "ufakzeka", .regexes = kUfakzeka},
    {.names = "kimi-k2", .regexes = kKimiK2, .whole_words = true},
    {.names = "afmoe", .regexes = kAfmoe},
    {.names = "laguna", .regexes = kLaguna},
    {.names = "gemma4 granite-embed-multi-311m",
     .writing = Writing::kMarkedSpaces,
     .adds_bos = true,
     .forces_bos = true},
    {.names = "sarvam-moe", .writing = Writing::kMarkedSpaces},
    {.names = "whitespace", .writing = Writing::kWords},
};

bool has_name(std::string_view names, std::string_view name) {
  for (std::string_view rest = names; !rest.empty();) {
    const std::string_view next = rest.substr(0, rest.find(' '));
    if (next == name) return true;
    rest.remove_prefix(std::min(next.size() + 1, rest.size()));
  }
  return false;
}

/// The components, in the form in which known_pipelines.h knows them. Marked spaces need none: no
/// piece spans what llama.cpp cuts there, lines.
std::vector<text::PreTokenizer> components_of(const Row& row) {
  if (row.writing == Writing::kMarkedSpaces) return {};
  if (row.writing == Writing::kWords) return {pre_tokenizers::Whitespace{}};
  const std::span<const char* const> regexes = row.regexes;
  const bool ends_with_gpt2 = regexes.back() == kGpt2Words;
  std::vector<text::PreTokenizer> list;
  for (const char* regex : regexes.first(regexes.size() - (ends_with_gpt2 ? 1 : 0))) {
    if (std::string_view(regex) == "\\p{N}") {
      list.push_back(pre_tokenizers::Digits{.individual = true});
    } else {
      list.push_back(pre_tokenizers::Split{.pattern = text::regex_pattern(regex)});
    }
  }
  list.push_back(pre_tokenizers::ByteLevel{.add_prefix_space = false, .use_regex = ends_with_gpt2});
  return list;
}

}  // namespace

Result<GgufPreTokenizer> gguf_pre_tokenizer(std::string_view name) {
  std::string known;
  for (const Row& row : kRows) {
    if (has_name(row.names, name)) {
      return GgufPreTokenizer{.components = components_of(row),
                              .writing = row.writing,
                              .composes = row.composes,
                              .adds_bos = row.adds_bos,
                              .forces_bos = row.forces_bos,
                              .adds_sep = row.adds_sep,
                              .whole_words = row.whole_words};
    }
    known += fmt::format("{}{}", known.empty() ? "" : " ", row.names);
  }
  return {Code::kUnsupported, fmt::format("'{}', want one of: {}", shown(name), known)};
}

}  // namespace quern::formats
