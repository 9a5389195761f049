#include "text/jinja_parser.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "text/jinja_lexer.h"

namespace quern::text::jinja {
namespace {

using Kind = Token::Kind;

// Trees deeper than this are refused, so that walking them cannot exhaust the stack.
constexpr int kMaxDepth = 120;

// The first error stays; after it every function returns at once with what it has.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Block> run() {
    Block block = parse_block({});
    if (status_.ok() && !at(Kind::kEnd)) fail("unexpected '" + peek().text + "'");
    if (!status_.ok()) return status_;
    return block;
  }

 private:
  // --- tokens ---
  const Token& peek() const { return tokens_[pos_]; }
  bool at(Kind kind) const { return peek().kind == kind; }
  bool at_symbol(std::string_view s) const { return at(Kind::kSymbol) && peek().text == s; }
  bool at_name(std::string_view s) const { return at(Kind::kName) && peek().text == s; }
  bool failed() const { return !status_.ok(); }

  Token take() {
    Token token = peek();
    if (!at(Kind::kEnd)) ++pos_;
    return token;
  }

  bool take_symbol(std::string_view s) {
    if (!at_symbol(s)) return false;
    ++pos_;
    return true;
  }

  bool take_name(std::string_view s) {
    if (!at_name(s)) return false;
    ++pos_;
    return true;
  }

  void expect_symbol(std::string_view s) {
    if (!failed() && !take_symbol(s)) fail("expected '" + std::string(s) + "'");
  }

  std::string expect_name() {
    if (!failed() && !at(Kind::kName)) fail("expected a name");
    return failed() ? "" : take().text;
  }

  void expect(Kind kind, const char* what) {
    if (failed()) return;
    if (!at(kind)) return fail(std::string("expected ") + what);
    take();
  }

  void fail(const std::string& what, Code code = Code::kBadInput) {
    if (failed()) return;
    const std::string near = peek().text.empty() ? "" : " near '" + peek().text.substr(0, 40) + "'";
    status_ = Status(code, "template line " + std::to_string(peek().line) + ": " + what + near);
    pos_ = tokens_.size() - 1;  // The end token: every loop stops there.
  }

  // --- nodes ---
  ExprPtr node(Expr::Kind kind, std::string name = "") {
    auto made = std::make_unique<Expr>();
    made->kind = kind;
    made->name = std::move(name);
    made->line = peek().line;
    return made;
  }

  void adopt(Expr& parent, ExprPtr child) {
    if (child != nullptr) parent.depth = std::max(parent.depth, child->depth + 1);
    if (parent.depth > kMaxDepth) fail("expression nests too deeply", Code::kUnsupported);
    parent.args.push_back(std::move(child));
  }

  ExprPtr binary(std::string op, ExprPtr left, ExprPtr right) {
    ExprPtr made = node(Expr::Kind::kBinary, std::move(op));
    adopt(*made, std::move(left));
    adopt(*made, std::move(right));
    return made;
  }

  // Guards the recursion of this parser itself.
  struct Nesting {
    explicit Nesting(Parser& parser) : p(parser) {
      if (++p.depth_ > kMaxDepth) p.fail("template nests too deeply", Code::kUnsupported);
    }
    ~Nesting() { --p.depth_; }
    Parser& p;
  };

  // --- expressions, loosest first ---
  ExprPtr parse_expression() {
    const Nesting nesting(*this);
    ExprPtr value = parse_or();
    while (!failed() && take_name("if")) {
      ExprPtr made = node(Expr::Kind::kCondition);
      adopt(*made, std::move(value));
      adopt(*made, parse_or());
      adopt(*made, take_name("else") ? parse_expression() : nullptr);
      value = std::move(made);
    }
    return value;
  }

  ExprPtr parse_or() {
    ExprPtr left = parse_and();
    while (!failed() && take_name("or")) left = binary("or", std::move(left), parse_and());
    return left;
  }

  ExprPtr parse_and() {
    ExprPtr left = parse_not();
    while (!failed() && take_name("and")) left = binary("and", std::move(left), parse_not());
    return left;
  }

  ExprPtr parse_not() {
    const Nesting nesting(*this);
    if (failed() || !take_name("not")) return parse_compare();
    ExprPtr made = node(Expr::Kind::kUnary, "not");
    adopt(*made, parse_not());
    return made;
  }

  std::string take_comparison() {
    for (const char* op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (take_symbol(op)) return op;
    }
    if (take_name("in")) return "in";
    if (at_name("not") && tokens_[pos_ + 1].kind == Kind::kName && tokens_[pos_ + 1].text == "in") {
      pos_ += 2;
      return "not in";
    }
    return "";
  }

  ExprPtr parse_compare() {
    ExprPtr left = parse_binary(0);
    for (std::string op; !failed() && !(op = take_comparison()).empty();) {
      left = binary(op, std::move(left), parse_binary(0));
    }
    return left;
  }

  ExprPtr parse_binary(std::size_t level) {
    static const std::vector<std::vector<const char*>> levels = {
        {"+", "-"}, {"~"}, {"*", "/", "//", "%"}, {"**"}};
    if (level == levels.size()) return parse_unary(true);
    ExprPtr left = parse_binary(level + 1);
    for (bool more = true; more && !failed();) {
      more = false;
      for (const char* op : levels[level]) {
        if (!take_symbol(op)) continue;
        left = binary(op, std::move(left), parse_binary(level + 1));
        more = true;
        break;
      }
    }
    return left;
  }

  ExprPtr parse_unary(bool with_filters) {
    const Nesting nesting(*this);
    ExprPtr value;
    for (const char* op : {"-", "+"}) {
      if (failed() || !take_symbol(op)) continue;
      value = node(Expr::Kind::kUnary, op);
      adopt(*value, parse_unary(false));
      break;
    }
    if (value == nullptr) value = parse_postfix(parse_primary());
    return with_filters ? parse_filters(std::move(value)) : std::move(value);
  }

  ExprPtr literal(Value value) {
    ExprPtr made = node(Expr::Kind::kLiteral);
    made->value = std::move(value);
    return made;
  }

  ExprPtr parse_primary() {
    if (failed()) return literal({});
    if (at(Kind::kName)) return parse_name();
    if (at(Kind::kString)) {
      std::string text;
      while (at(Kind::kString)) text += take().text;
      return literal(std::move(text));
    }
    if (at(Kind::kInt) || at(Kind::kFloat)) return parse_number();
    if (take_symbol("(")) return parse_parentheses();
    if (take_symbol("[")) {
      ExprPtr made = node(Expr::Kind::kList);
      while (!failed() && !at_symbol("]")) {
        adopt(*made, parse_expression());
        if (!take_symbol(",")) break;
      }
      expect_symbol("]");
      return made;
    }
    if (take_symbol("{")) return parse_dict();
    fail("expected an expression");
    return literal({});
  }

  ExprPtr parse_name() {
    const std::string name = take().text;
    if (name == "true" || name == "True") return literal(true);
    if (name == "false" || name == "False") return literal(false);
    if (name == "none" || name == "None") return literal(None{});
    return node(Expr::Kind::kName, name);
  }

  ExprPtr parse_number() {
    const Token token = take();
    const char* begin = token.text.data();
    const char* end = begin + token.text.size();
    if (token.kind == Kind::kInt) {
      std::int64_t value = 0;
      if (std::from_chars(begin, end, value).ec != std::errc()) fail("number too large");
      return literal(value);
    }
    double value = 0;
    if (std::from_chars(begin, end, value).ec != std::errc()) fail("number too large");
    return literal(value);
  }

  ExprPtr parse_parentheses() {
    ExprPtr tuple = node(Expr::Kind::kTuple);
    bool is_tuple = at_symbol(")");
    while (!failed() && !at_symbol(")")) {
      adopt(*tuple, parse_expression());
      if (!take_symbol(",")) break;
      is_tuple = true;
    }
    expect_symbol(")");
    if (failed() || is_tuple) return tuple;
    return std::move(tuple->args[0]);
  }

  ExprPtr parse_dict() {
    ExprPtr made = node(Expr::Kind::kDict);
    while (!failed() && !at_symbol("}")) {
      adopt(*made, parse_expression());
      expect_symbol(":");
      adopt(*made, parse_expression());
      if (!take_symbol(",")) break;
    }
    expect_symbol("}");
    return made;
  }

  ExprPtr parse_postfix(ExprPtr value) {
    while (!failed()) {
      if (take_symbol(".")) {
        const bool is_index = at(Kind::kInt);
        ExprPtr made = node(is_index ? Expr::Kind::kItem : Expr::Kind::kAttribute);
        adopt(*made, std::move(value));
        if (is_index) {
          adopt(*made, parse_number());
        } else {
          made->name = expect_name();
        }
        value = std::move(made);
      } else if (take_symbol("[")) {
        value = parse_subscript(std::move(value));
      } else if (at_symbol("(")) {
        ExprPtr made = node(Expr::Kind::kCall);
        adopt(*made, std::move(value));
        parse_arguments(*made);
        value = std::move(made);
      } else {
        break;
      }
    }
    return value;
  }

  ExprPtr parse_subscript(ExprPtr value) {
    ExprPtr made = node(Expr::Kind::kItem);
    adopt(*made, std::move(value));
    const auto at_bound = [&] { return !at_symbol(":") && !at_symbol("]"); };
    adopt(*made, at_bound() ? parse_expression() : nullptr);
    while (!failed() && take_symbol(":")) {
      made->kind = Expr::Kind::kSlice;
      adopt(*made, at_bound() ? parse_expression() : nullptr);
    }
    expect_symbol("]");
    if (made->kind == Expr::Kind::kItem && made->args[1] == nullptr) fail("empty subscript");
    if (made->kind == Expr::Kind::kSlice) made->args.resize(4);
    return made;
  }

  void parse_arguments(Expr& call) {
    expect_symbol("(");
    while (!failed() && !at_symbol(")")) {
      if (at(Kind::kName) && tokens_[pos_ + 1].kind == Kind::kSymbol &&
          tokens_[pos_ + 1].text == "=") {
        std::string name = take().text;
        take();
        ExprPtr value = parse_expression();
        call.depth = std::max(call.depth, value->depth + 1);
        call.kwargs.emplace_back(std::move(name), std::move(value));
      } else {
        adopt(call, parse_expression());
      }
      if (!take_symbol(",")) break;
    }
    expect_symbol(")");
    if (call.depth > kMaxDepth) fail("expression nests too deeply", Code::kUnsupported);
  }

  ExprPtr parse_filters(ExprPtr value) {
    while (!failed()) {
      if (take_symbol("|")) {
        value = parse_filter(std::move(value));
      } else if (take_name("is")) {
        value = parse_test(std::move(value));
      } else if (at_symbol("(")) {
        ExprPtr made = node(Expr::Kind::kCall);
        adopt(*made, std::move(value));
        parse_arguments(*made);
        value = std::move(made);
      } else {
        break;
      }
    }
    return value;
  }

  ExprPtr parse_filter(ExprPtr value) {
    ExprPtr made = node(Expr::Kind::kFilter, expect_name());
    adopt(*made, std::move(value));
    if (at_symbol("(")) parse_arguments(*made);
    return made;
  }

  ExprPtr parse_test(ExprPtr value) {
    const bool is_negated = take_name("not");
    ExprPtr made = node(Expr::Kind::kTest);
    if (at_symbol("==") || at_symbol("!=")) {
      fail("expected the name of a test");
    }
    made->name = expect_name();
    made->is_negated = is_negated;
    adopt(*made, std::move(value));
    const bool is_argument =
        at(Kind::kString) || at(Kind::kInt) || at(Kind::kFloat) || at_symbol("[") ||
        at_symbol("{") ||
        (at(Kind::kName) && !at_name("else") && !at_name("or") && !at_name("and") &&
         !at_name("is") && !at_name("if") && !at_name("not") && !at_name("in"));
    if (at_symbol("(")) {
      parse_arguments(*made);
    } else if (is_argument) {
      adopt(*made, parse_postfix(parse_primary()));
    }
    return made;
  }

  // --- statements ---
  // Up to a block tag whose name is in `ends`; its name is left as the next token.
  Block parse_block(std::initializer_list<std::string_view> ends) {
    const Nesting nesting(*this);
    Block block;
    while (!failed() && !at(Kind::kEnd)) {
      if (at(Kind::kText)) {
        Stmt text = stmt(Stmt::Kind::kText);
        text.text = take().text;
        block.push_back(std::move(text));
      } else if (at(Kind::kPrintBegin)) {
        take();
        Stmt print = stmt(Stmt::Kind::kPrint);
        print.value = parse_tuple();
        expect(Kind::kPrintEnd, "the end of the expression");
        block.push_back(std::move(print));
      } else {
        expect(Kind::kBlockBegin, "a tag");
        if (failed() || std::find(ends.begin(), ends.end(), peek().text) != ends.end()) break;
        parse_statement(block);
      }
    }
    if (!failed() && at(Kind::kEnd) && ends.size() > 0) {
      fail("the template ends before '" + std::string(*(ends.end() - 1)) + "'");
    }
    return block;
  }

  Stmt stmt(Stmt::Kind kind) {
    Stmt made;
    made.kind = kind;
    made.line = peek().line;
    return made;
  }

  void end_tag() { expect(Kind::kBlockEnd, "the end of the tag"); }

  void end_block(std::string_view name) {
    if (!failed() && !take_name(name)) fail("expected '" + std::string(name) + "'");
    end_tag();
  }

  ExprPtr parse_tuple() {
    ExprPtr first = parse_expression();
    if (failed() || !at_symbol(",")) return first;
    ExprPtr tuple = node(Expr::Kind::kTuple);
    adopt(*tuple, std::move(first));
    while (!failed() && take_symbol(",")) {
      if (at(Kind::kBlockEnd) || at(Kind::kPrintEnd)) break;
      adopt(*tuple, parse_expression());
    }
    return tuple;
  }

  void parse_statement(Block& block) {
    const std::string name = expect_name();
    if (name == "if") {
      block.push_back(parse_if());
    } else if (name == "for") {
      block.push_back(parse_for());
    } else if (name == "set") {
      block.push_back(parse_set());
    } else if (name == "macro") {
      block.push_back(parse_macro());
    } else if (name == "filter") {
      block.push_back(parse_filter_block());
    } else if (name == "break" || name == "continue") {
      if (n_loops_ == 0) fail("'" + name + "' outside a loop");
      block.push_back(stmt(name == "break" ? Stmt::Kind::kBreak : Stmt::Kind::kContinue));
      end_tag();
    } else if (name == "generation") {  // Marks the assistant's part for training; no output.
      end_tag();
      Block inner = parse_block({"endgeneration"});
      end_block("endgeneration");
      for (Stmt& s : inner) block.push_back(std::move(s));
    } else {
      const bool is_stray = name.starts_with("end") || name == "else" || name == "elif";
      fail("statement '" + name + (is_stray ? "' out of place" : "' is not supported"),
           is_stray ? Code::kBadInput : Code::kUnsupported);
    }
  }

  Stmt parse_if() {
    Stmt made = stmt(Stmt::Kind::kIf);
    ExprPtr condition = parse_expression();
    end_tag();
    for (bool is_last = false; !failed();) {
      Block body = is_last ? parse_block({"endif"}) : parse_block({"elif", "else", "endif"});
      made.branches.emplace_back(std::move(condition), std::move(body));
      if (failed() || at_name("endif")) break;
      is_last = take().text == "else";
      condition = is_last ? nullptr : parse_expression();
      end_tag();
    }
    end_block("endif");
    return made;
  }

  std::vector<std::string> parse_targets() {
    std::vector<std::string> targets;
    const bool in_parentheses = take_symbol("(");
    do {
      targets.push_back(expect_name());
    } while (!failed() && take_symbol(","));
    if (in_parentheses) expect_symbol(")");
    return targets;
  }

  Stmt parse_for() {
    Stmt made = stmt(Stmt::Kind::kFor);
    made.targets = parse_targets();
    if (!failed() && !take_name("in")) fail("expected 'in'");
    // An "if" after the iterable filters it, so the iterable is no conditional expression.
    made.value = parse_or();
    if (take_name("if")) made.condition = parse_expression();
    if (at_name("recursive")) fail("recursive loops are not supported", Code::kUnsupported);
    end_tag();
    ++n_loops_;
    made.body = parse_block({"else", "endfor"});
    --n_loops_;
    if (take_name("else")) {
      end_tag();
      made.otherwise = parse_block({"endfor"});
    }
    end_block("endfor");
    return made;
  }

  Stmt parse_set() {
    Stmt made = stmt(Stmt::Kind::kSet);
    made.targets = parse_targets();
    if (take_symbol(".")) {
      made.text = made.targets.empty() ? "" : made.targets[0];
      made.attribute = expect_name();
    }
    if (take_symbol("=")) {
      made.value = parse_tuple();
      end_tag();
      return made;
    }
    ExprPtr filters;
    while (!failed() && take_symbol("|")) filters = parse_filter(std::move(filters));
    made.condition = std::move(filters);
    end_tag();
    made.body = parse_block({"endset"});
    end_block("endset");
    return made;
  }

  Stmt parse_macro() {
    Stmt made = stmt(Stmt::Kind::kMacro);
    made.text = expect_name();
    expect_symbol("(");
    while (!failed() && !at_symbol(")")) {
      Stmt::Parameter parameter;
      parameter.name = expect_name();
      if (take_symbol("=")) parameter.fallback = parse_expression();
      made.parameters.push_back(std::move(parameter));
      if (!take_symbol(",")) break;
    }
    expect_symbol(")");
    end_tag();
    const int n_loops = std::exchange(n_loops_, 0);
    made.body = parse_block({"endmacro"});
    n_loops_ = n_loops;
    if (!failed()) take_name("endmacro");
    if (at_name(made.text)) take();
    end_tag();
    return made;
  }

  Stmt parse_filter_block() {
    Stmt made = stmt(Stmt::Kind::kFilter);
    made.value = parse_filter(nullptr);
    while (!failed() && take_symbol("|")) made.value = parse_filter(std::move(made.value));
    end_tag();
    made.body = parse_block({"endfilter"});
    end_block("endfilter");
    return made;
  }

  const std::vector<Token> tokens_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  int n_loops_ = 0;
  Status status_;
};

}  // namespace

Result<Block> parse_template(std::string_view source) {
  QUERN_ASSIGN(std::vector<Token> tokens, lex_template(source));
  return Parser(std::move(tokens)).run();
}

}  // namespace quern::text::jinja
