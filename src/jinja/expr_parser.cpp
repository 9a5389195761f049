#include "jinja/expr_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace quern::jinja {

using Kind = Token::Kind;

ExprPtr ExprParser::node(Expr::Kind kind, std::string name) {
  auto made = std::make_unique<Expr>();
  made->kind = kind;
  made->name = std::move(name);
  made->line = in_.line();
  return made;
}

ExprPtr ExprParser::literal(Value value) {
  ExprPtr made = node(Expr::Kind::kLiteral);
  made->value = std::move(value);
  return made;
}

void ExprParser::adopt(Expr& parent, ExprPtr child) {
  if (child != nullptr) parent.depth = std::max(parent.depth, child->depth + 1);
  if (parent.depth > TokenReader::kMaxDepth) {
    in_.fail("expression nests too deeply", Code::kUnsupported);
  }
  parent.args.push_back(std::move(child));
}

ExprPtr ExprParser::binary(std::string op, ExprPtr left, ExprPtr right) {
  ExprPtr made = node(Expr::Kind::kBinary, std::move(op));
  adopt(*made, std::move(left));
  adopt(*made, std::move(right));
  return made;
}

ExprPtr ExprParser::parse_expression() {
  const TokenReader::Nesting nesting(in_);
  ExprPtr value = parse_or();
  while (!in_.failed() && in_.take_name("if")) {
    ExprPtr made = node(Expr::Kind::kCondition);
    adopt(*made, std::move(value));
    adopt(*made, parse_or());
    adopt(*made, in_.take_name("else") ? parse_expression() : nullptr);
    value = std::move(made);
  }
  return value;
}

ExprPtr ExprParser::parse_tuple() { return tuple_from(parse_expression(), true); }
ExprPtr ExprParser::parse_unconditional() { return tuple_from(parse_or(), false); }

ExprPtr ExprParser::tuple_from(ExprPtr first, bool is_conditional) {
  if (in_.failed() || !in_.at_symbol(",")) return first;
  ExprPtr tuple = node(Expr::Kind::kTuple);
  adopt(*tuple, std::move(first));
  while (!in_.failed() && in_.take_symbol(",")) {
    if (in_.at(Kind::kBlockEnd) || in_.at(Kind::kPrintEnd)) break;
    adopt(*tuple, is_conditional ? parse_expression() : parse_or());
  }
  return tuple;
}

ExprPtr ExprParser::parse_or() {
  ExprPtr left = parse_and();
  while (!in_.failed() && in_.take_name("or")) left = binary("or", std::move(left), parse_and());
  return left;
}

ExprPtr ExprParser::parse_and() {
  ExprPtr left = parse_not();
  while (!in_.failed() && in_.take_name("and")) left = binary("and", std::move(left), parse_not());
  return left;
}

ExprPtr ExprParser::parse_not() {
  const TokenReader::Nesting nesting(in_);
  if (in_.failed() || !in_.take_name("not")) return parse_compare();
  ExprPtr made = node(Expr::Kind::kUnary, "not");
  adopt(*made, parse_not());
  return made;
}

std::string ExprParser::take_comparison() {
  for (const char* op : {"==", "!=", "<=", ">=", "<", ">"}) {
    if (in_.take_symbol(op)) return op;
  }
  if (in_.take_name("in")) return "in";
  if (!in_.at_name("not") || !TokenReader::is(in_.peek_next(), Kind::kName, "in")) return "";
  in_.take();
  in_.take();
  return "not in";
}

ExprPtr ExprParser::parse_compare() {
  ExprPtr first = parse_binary(0);
  std::string op = in_.failed() ? "" : take_comparison();
  if (op.empty()) return first;
  ExprPtr made = node(Expr::Kind::kCompare);
  adopt(*made, std::move(first));
  for (; !in_.failed() && !op.empty(); op = take_comparison()) {
    made->ops.push_back(op);
    adopt(*made, parse_binary(0));
  }
  return made;
}

ExprPtr ExprParser::parse_binary(std::size_t level) {
  static const std::vector<std::vector<const char*>> kLevels = {
      {"+", "-"}, {"~"}, {"*", "/", "//", "%"}, {"**"}};
  if (level == kLevels.size()) return parse_unary(true);
  ExprPtr left = parse_binary(level + 1);
  for (bool more = true; more && !in_.failed();) {
    more = false;
    for (const char* op : kLevels[level]) {
      if (!in_.take_symbol(op)) continue;
      left = binary(op, std::move(left), parse_binary(level + 1));
      more = true;
      break;
    }
  }
  return left;
}

ExprPtr ExprParser::parse_unary(bool with_filters) {
  const TokenReader::Nesting nesting(in_);
  ExprPtr value;
  for (const char* op : {"-", "+"}) {
    if (in_.failed() || !in_.take_symbol(op)) continue;
    value = node(Expr::Kind::kUnary, op);
    adopt(*value, parse_unary(false));
    break;
  }
  if (value == nullptr) value = parse_postfix(parse_primary());
  return with_filters ? parse_filters(std::move(value)) : std::move(value);
}

ExprPtr ExprParser::parse_primary() {
  if (in_.failed()) return literal({});
  if (in_.at(Kind::kName)) return parse_name();
  if (in_.at(Kind::kString)) {
    std::string text;
    while (in_.at(Kind::kString)) text += in_.take().text;
    return literal(std::move(text));
  }
  if (in_.at(Kind::kInt) || in_.at(Kind::kFloat)) return parse_number();
  if (in_.take_symbol("(")) return parse_parentheses();
  if (in_.take_symbol("[")) return parse_list();
  if (in_.take_symbol("{")) return parse_dict();
  in_.fail("expected an expression");
  return literal({});
}

ExprPtr ExprParser::parse_name() {
  const std::string name = in_.take().text;
  if (name == "true" || name == "True") return literal(true);
  if (name == "false" || name == "False") return literal(false);
  if (name == "none" || name == "None") return literal(None{});
  return node(Expr::Kind::kName, name);
}

ExprPtr ExprParser::parse_number() {
  const Token token = in_.take();
  const char* end = token.text.data() + token.text.size();
  std::int64_t whole = 0;
  double real = 0;
  const bool is_whole = token.kind == Kind::kInt;
  const auto parsed = is_whole ? std::from_chars(token.text.data(), end, whole)
                               : std::from_chars(token.text.data(), end, real);
  if (parsed.ec != std::errc()) in_.fail("number too large");
  return is_whole ? literal(whole) : literal(real);
}

ExprPtr ExprParser::parse_parentheses() {
  ExprPtr tuple = node(Expr::Kind::kTuple);
  bool is_tuple = in_.at_symbol(")");
  while (!in_.failed() && !in_.at_symbol(")")) {
    adopt(*tuple, parse_expression());
    if (!in_.take_symbol(",")) break;
    is_tuple = true;
  }
  in_.expect_symbol(")");
  if (in_.failed() || is_tuple) return tuple;
  return std::move(tuple->args[0]);
}

ExprPtr ExprParser::parse_list() {
  ExprPtr made = node(Expr::Kind::kList);
  while (!in_.failed() && !in_.at_symbol("]")) {
    adopt(*made, parse_expression());
    if (!in_.take_symbol(",")) break;
  }
  in_.expect_symbol("]");
  return made;
}

ExprPtr ExprParser::parse_dict() {
  ExprPtr made = node(Expr::Kind::kDict);
  while (!in_.failed() && !in_.at_symbol("}")) {
    adopt(*made, parse_expression());
    in_.expect_symbol(":");
    adopt(*made, parse_expression());
    if (!in_.take_symbol(",")) break;
  }
  in_.expect_symbol("}");
  return made;
}

ExprPtr ExprParser::parse_postfix(ExprPtr value) {
  while (!in_.failed()) {
    if (in_.take_symbol(".")) {
      value = parse_attribute(std::move(value));
    } else if (in_.take_symbol("[")) {
      value = parse_subscript(std::move(value));
    } else if (in_.at_symbol("(")) {
      value = parse_call(std::move(value));
    } else {
      break;
    }
  }
  return value;
}

ExprPtr ExprParser::parse_attribute(ExprPtr value) {
  const bool is_index = in_.at(Kind::kInt);  // "list.0"
  ExprPtr made = node(is_index ? Expr::Kind::kItem : Expr::Kind::kAttribute);
  adopt(*made, std::move(value));
  if (is_index) {
    adopt(*made, parse_number());
  } else {
    made->name = in_.expect_name();
  }
  return made;
}

ExprPtr ExprParser::parse_subscript(ExprPtr value) {
  ExprPtr made = node(Expr::Kind::kItem);
  adopt(*made, std::move(value));
  const auto at_bound = [&] { return !in_.at_symbol(":") && !in_.at_symbol("]"); };
  adopt(*made, at_bound() ? parse_expression() : nullptr);
  while (!in_.failed() && made->args.size() < 4 && in_.take_symbol(":")) {
    made->kind = Expr::Kind::kSlice;
    adopt(*made, at_bound() ? parse_expression() : nullptr);
  }
  in_.expect_symbol("]");
  if (made->kind == Expr::Kind::kItem && made->args[1] == nullptr) in_.fail("empty subscript");
  if (made->kind == Expr::Kind::kSlice) made->args.resize(4);
  return made;
}

ExprPtr ExprParser::parse_call(ExprPtr value) {
  ExprPtr made = node(Expr::Kind::kCall);
  adopt(*made, std::move(value));
  parse_arguments(*made);
  return made;
}

void ExprParser::parse_arguments(Expr& call) {
  in_.expect_symbol("(");
  while (!in_.failed() && !in_.at_symbol(")")) {
    if (in_.at(Kind::kName) && TokenReader::is(in_.peek_next(), Kind::kSymbol, "=")) {
      std::string name = in_.take().text;
      in_.take();
      ExprPtr value = parse_expression();
      call.depth = std::max(call.depth, value->depth + 1);
      call.kwargs.emplace_back(std::move(name), std::move(value));
    } else {
      adopt(call, parse_expression());
    }
    if (!in_.take_symbol(",")) break;
  }
  in_.expect_symbol(")");
  if (call.depth > TokenReader::kMaxDepth) {
    in_.fail("expression nests too deeply", Code::kUnsupported);
  }
}

ExprPtr ExprParser::parse_filters(ExprPtr value) {
  while (!in_.failed()) {
    if (in_.take_symbol("|")) {
      value = parse_filter(std::move(value));
    } else if (in_.take_name("is")) {
      value = parse_test(std::move(value));
    } else if (in_.at_symbol("(")) {
      value = parse_call(std::move(value));
    } else {
      break;
    }
  }
  return value;
}

// Filters and tests may have dots in their names; that none has is found when it runs.
std::string ExprParser::parse_dotted_name() {
  std::string name = in_.expect_name();
  while (!in_.failed() && in_.take_symbol(".")) name += "." + in_.expect_name();
  return name;
}

ExprPtr ExprParser::parse_filter(ExprPtr value) {
  ExprPtr made = node(Expr::Kind::kFilter, parse_dotted_name());
  adopt(*made, std::move(value));
  if (in_.at_symbol("(")) parse_arguments(*made);
  return made;
}

// "is divisibleby 3": one argument may stand without parentheses.
bool ExprParser::at_test_argument() const {
  if (in_.at(Kind::kName)) {
    for (const char* word : {"else", "or", "and", "is", "if", "not", "in"}) {
      if (in_.at_name(word)) return false;
    }
    return true;
  }
  return in_.at(Kind::kString) || in_.at(Kind::kInt) || in_.at(Kind::kFloat) ||
         in_.at_symbol("[") || in_.at_symbol("{");
}

ExprPtr ExprParser::parse_test(ExprPtr value) {
  ExprPtr made = node(Expr::Kind::kTest);
  made->is_negated = in_.take_name("not");
  made->name = parse_dotted_name();
  adopt(*made, std::move(value));
  if (in_.at_symbol("(")) {
    parse_arguments(*made);
  } else if (at_test_argument()) {
    adopt(*made, parse_postfix(parse_primary()));
  }
  return made;
}

}  // namespace quern::jinja
