#include "apps/papers/import/latex_symbols.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace quern::apps {
namespace {

using Accent = std::pair<std::string_view, CodePoint>;
using Symbol = std::pair<std::string_view, std::string_view>;

constexpr Accent kAccents[] = {
    {"`", 0x300},     {"'", 0x301},    {"^", 0x302},     {"~", 0x303},     {"=", 0x304},
    {"u", 0x306},     {".", 0x307},    {"\"", 0x308},    {"r", 0x30a},     {"H", 0x30b},
    {"v", 0x30c},     {"d", 0x323},    {"c", 0x327},     {"k", 0x328},     {"b", 0x331},
    {"t", 0x361},     {"hat", 0x302},  {"bar", 0x304},   {"tilde", 0x303}, {"dot", 0x307},
    {"ddot", 0x308},  {"vec", 0x20d7}, {"acute", 0x301}, {"grave", 0x300}, {"check", 0x30c},
    {"breve", 0x306},
};

// Sorted by name, bytewise: capital letters first.
constexpr Symbol kSymbols[] = {
    {"AA", "Å"},
    {"AE", "Æ"},
    {"BibTeX", "BibTeX"},
    {"DH", "Ð"},
    {"DJ", "Đ"},
    {"Delta", "Δ"},
    {"Gamma", "Γ"},
    {"L", "Ł"},
    {"LaTeX", "LaTeX"},
    {"Lambda", "Λ"},
    {"NG", "Ŋ"},
    {"O", "Ø"},
    {"OE", "Œ"},
    {"Omega", "Ω"},
    {"P", "¶"},
    {"Phi", "Φ"},
    {"Pi", "Π"},
    {"Psi", "Ψ"},
    {"S", "§"},
    {"Sigma", "Σ"},
    {"TH", "Þ"},
    {"TeX", "TeX"},
    {"Theta", "Θ"},
    {"Xi", "Ξ"},
    {"aa", "å"},
    {"ae", "æ"},
    {"alpha", "α"},
    {"approx", "≈"},
    {"ast", "*"},
    {"beta", "β"},
    {"bullet", "•"},
    {"cdot", "·"},
    {"chi", "χ"},
    {"circ", "°"},
    {"copyright", "©"},
    {"cup", "∪"},
    {"dag", "†"},
    {"delta", "δ"},
    {"dh", "ð"},
    {"dj", "đ"},
    {"dots", "…"},
    {"ell", "ℓ"},
    {"epsilon", "ε"},
    {"eta", "η"},
    {"euro", "€"},
    {"gamma", "γ"},
    {"ge", "≥"},
    {"geq", "≥"},
    {"i", "ı"},
    {"in", "∈"},
    {"infty", "∞"},
    {"int", "∫"},
    {"iota", "ι"},
    {"j", "ȷ"},
    {"kappa", "κ"},
    {"l", "ł"},
    {"lambda", "λ"},
    {"ldots", "…"},
    {"le", "≤"},
    {"leftarrow", "←"},
    {"leq", "≤"},
    {"log", "log"},
    {"mathbb", ""},
    {"mu", "μ"},
    {"nabla", "∇"},
    {"neq", "≠"},
    {"ng", "ŋ"},
    {"nu", "ν"},
    {"o", "ø"},
    {"oe", "œ"},
    {"omega", "ω"},
    {"partial", "∂"},
    {"phi", "φ"},
    {"pi", "π"},
    {"pm", "±"},
    {"pounds", "£"},
    {"prime", "′"},
    {"psi", "ψ"},
    {"quad", " "},
    {"rho", "ρ"},
    {"rightarrow", "→"},
    {"sigma", "σ"},
    {"sim", "∼"},
    {"ss", "ß"},
    {"sum", "∑"},
    {"tau", "τ"},
    {"textasciitilde", "~"},
    {"textbackslash", "\\"},
    {"textbar", "|"},
    {"textbullet", "•"},
    {"textdegree", "°"},
    {"textemdash", "—"},
    {"textendash", "–"},
    {"texteuro", "€"},
    {"textgreater", ">"},
    {"textless", "<"},
    {"textmu", "µ"},
    {"textquotedblleft", "“"},
    {"textquotedblright", "”"},
    {"textquoteleft", "‘"},
    {"textquoteright", "’"},
    {"textquotesingle", "'"},
    {"textregistered", "®"},
    {"texttrademark", "™"},
    {"textunderscore", "_"},
    {"th", "þ"},
    {"theta", "θ"},
    {"times", "×"},
    {"to", "→"},
    {"upsilon", "υ"},
    {"varepsilon", "ε"},
    {"varphi", "φ"},
    {"xi", "ξ"},
    {"zeta", "ζ"},
};

constexpr bool is_less(const Symbol& a, const Symbol& b) { return a.first < b.first; }
static_assert(std::is_sorted(std::begin(kSymbols), std::end(kSymbols), is_less));

constexpr std::string_view kHiding[] = {"cite",
                                        "citep",
                                        "citet",
                                        "label",
                                        "ref",
                                        "index",
                                        "vspace",
                                        "hspace",
                                        "color",
                                        "bibliographystyle",
                                        "includegraphics",
                                        "thispagestyle",
                                        "fontsize"};

}  // namespace

CodePoint latex_accent(std::string_view name) {
  const auto found = std::find_if(std::begin(kAccents), std::end(kAccents),
                                  [&](const Accent& one) { return one.first == name; });
  return found == std::end(kAccents) ? 0 : found->second;
}

std::string_view latex_symbol(std::string_view name) {
  const auto found =
      std::lower_bound(std::begin(kSymbols), std::end(kSymbols), Symbol(name, ""), is_less);
  return found == std::end(kSymbols) || found->first != name ? std::string_view() : found->second;
}

bool hides_its_argument(std::string_view name) {
  return std::find(std::begin(kHiding), std::end(kHiding), name) != std::end(kHiding);
}

}  // namespace quern::apps
