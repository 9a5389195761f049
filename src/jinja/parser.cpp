#include "jinja/parser.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "jinja/expr_parser.h"
#include "jinja/token_reader.h"

namespace quern::jinja {
namespace {

using Kind = Token::Kind;
using Names = std::initializer_list<std::string_view>;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : in_(std::move(tokens)), expr_(in_) {}

  Result<Block> run() {
    Block block = parse_block({});
    if (in_.failed()) return in_.status();
    return block;
  }

 private:
  Stmt stmt(Stmt::Kind kind) const {
    Stmt made;
    made.kind = kind;
    made.line = in_.line();
    return made;
  }

  void end_tag() { in_.expect(Kind::kBlockEnd, "the end of the tag"); }

  void end_block(std::string_view name) {
    if (!in_.failed() && !in_.take_name(name)) in_.fail("expected '" + std::string(name) + "'");
    end_tag();
  }

  // Up to a block tag whose name is in `ends`; its name is left as the next token.
  Block parse_block(Names ends) {
    const TokenReader::Nesting nesting(in_);
    Block block;
    while (!in_.failed() && !in_.at(Kind::kEnd)) {
      if (in_.at(Kind::kText)) {
        block.push_back(stmt(Stmt::Kind::kText));
        block.back().text = in_.take().text;
      } else if (in_.at(Kind::kPrintBegin)) {
        in_.take();
        block.push_back(stmt(Stmt::Kind::kPrint));
        block.back().value = expr_.parse_tuple();
        in_.expect(Kind::kPrintEnd, "the end of the expression");
      } else {
        in_.expect(Kind::kBlockBegin, "a tag");
        if (in_.failed() || is_one_of(ends)) return block;
        block.push_back(parse_statement());
      }
    }
    if (!in_.failed() && ends.size() > 0) {
      in_.fail("the template ends before '" + std::string(*(ends.end() - 1)) + "'");
    }
    return block;
  }

  bool is_one_of(Names names) const {
    return in_.at(Kind::kName) &&
           std::find(names.begin(), names.end(), in_.peek().text) != names.end();
  }

  Stmt parse_statement() {
    const std::string name = in_.expect_name();
    if (name == "if") return parse_if();
    if (name == "for") return parse_for();
    if (name == "set") return parse_set();
    if (name == "macro") return parse_macro();
    if (name == "call") return parse_call();
    if (name == "filter") return parse_filter_block();
    if (name == "with") return parse_with();
    if (name == "generation") return parse_generation();
    if (name == "break" || name == "continue") return parse_jump(name);
    const bool is_stray = name.starts_with("end") || name == "else" || name == "elif";
    in_.fail("statement '" + name + (is_stray ? "' out of place" : "' is not supported"),
             is_stray ? Code::kBadInput : Code::kUnsupported);
    return stmt(Stmt::Kind::kText);
  }

  Stmt parse_if() {
    Stmt made = stmt(Stmt::Kind::kIf);
    ExprPtr condition = expr_.parse_unconditional();
    end_tag();
    for (bool is_last = false; !in_.failed();) {
      Block body = is_last ? parse_block({"endif"}) : parse_block({"elif", "else", "endif"});
      made.branches.emplace_back(std::move(condition), std::move(body));
      if (in_.failed() || in_.at_name("endif")) break;
      is_last = in_.take().text == "else";
      condition = is_last ? nullptr : expr_.parse_unconditional();
      end_tag();
    }
    end_block("endif");
    return made;
  }

  std::vector<std::string> parse_targets() {
    std::vector<std::string> targets;
    const bool in_parentheses = in_.take_symbol("(");
    do {
      targets.push_back(in_.expect_name());
    } while (!in_.failed() && in_.take_symbol(","));
    if (in_parentheses) in_.expect_symbol(")");
    return targets;
  }

  Stmt parse_for() {
    Stmt made = stmt(Stmt::Kind::kFor);
    made.targets = parse_targets();
    if (!in_.failed() && !in_.take_name("in")) in_.fail("expected 'in'");
    made.value = expr_.parse_unconditional();
    if (in_.take_name("if")) made.condition = expr_.parse_expression();
    if (in_.at_name("recursive")) in_.fail("recursive loops are not supported", Code::kUnsupported);
    end_tag();
    ++n_loops_;
    made.body = parse_block({"else", "endfor"});
    --n_loops_;
    if (in_.take_name("else")) {
      end_tag();
      made.otherwise = parse_block({"endfor"});
    }
    end_block("endfor");
    return made;
  }

  Stmt parse_jump(const std::string& name) {
    if (n_loops_ == 0) in_.fail("'" + name + "' outside a loop");
    Stmt made = stmt(name == "break" ? Stmt::Kind::kBreak : Stmt::Kind::kContinue);
    end_tag();
    return made;
  }

  // A block whose text goes elsewhere: no jump leads out of it.
  Block parse_captured(Names ends) {
    const int n_loops = std::exchange(n_loops_, 0);
    Block body = parse_block(ends);
    n_loops_ = n_loops;
    return body;
  }

  ExprPtr parse_filter_chain() {
    ExprPtr filters = expr_.parse_filter(nullptr);
    while (!in_.failed() && in_.take_symbol("|")) filters = expr_.parse_filter(std::move(filters));
    return filters;
  }

  Stmt parse_set() {
    Stmt made = stmt(Stmt::Kind::kSet);
    made.targets = parse_targets();
    if (in_.take_symbol(".")) {
      if (made.targets.size() > 1) in_.fail("one attribute is set at a time", Code::kUnsupported);
      made.text = made.targets[0];
      made.attribute = in_.expect_name();
    }
    if (in_.take_symbol("=")) {
      made.value = expr_.parse_tuple();
      end_tag();
      return made;
    }
    if (in_.take_symbol("|")) made.condition = parse_filter_chain();
    end_tag();
    made.body = parse_captured({"endset"});
    end_block("endset");
    return made;
  }

  // Behind the opening parenthesis, up to the closing one.
  std::vector<Stmt::Parameter> parse_parameters() {
    std::vector<Stmt::Parameter> parameters;
    while (!in_.failed() && !in_.at_symbol(")")) {
      Stmt::Parameter parameter;
      parameter.name = in_.expect_name();
      if (in_.take_symbol("=")) parameter.fallback = expr_.parse_expression();
      parameters.push_back(std::move(parameter));
      if (!in_.take_symbol(",")) break;
    }
    in_.expect_symbol(")");
    return parameters;
  }

  // {% call(a, b) macro(...) %}: what is inside is the macro's "caller".
  Stmt parse_call() {
    Stmt made = stmt(Stmt::Kind::kCall);
    made.text = "caller";
    if (in_.take_symbol("(")) made.parameters = parse_parameters();
    made.value = expr_.parse_expression();
    if (!in_.failed() && made.value->kind != Expr::Kind::kCall) in_.fail("expected a call");
    end_tag();
    made.body = parse_captured({"endcall"});
    end_block("endcall");
    return made;
  }

  Stmt parse_macro() {
    Stmt made = stmt(Stmt::Kind::kMacro);
    made.text = in_.expect_name();
    in_.expect_symbol("(");
    made.parameters = parse_parameters();
    end_tag();
    made.body = parse_captured({"endmacro"});
    if (!in_.failed()) in_.take_name("endmacro");
    in_.take_name(made.text);
    end_tag();
    return made;
  }

  Stmt parse_filter_block() {
    Stmt made = stmt(Stmt::Kind::kFilter);
    made.value = parse_filter_chain();
    end_tag();
    made.body = parse_captured({"endfilter"});
    end_block("endfilter");
    return made;
  }

  // {% with a = 1, b = 2 %}: the values see what is outside.
  Stmt parse_with() {
    Stmt made = stmt(Stmt::Kind::kScope);
    while (!in_.failed() && !in_.at(Kind::kBlockEnd)) {
      Stmt::Parameter parameter;
      parameter.name = in_.expect_name();
      in_.expect_symbol("=");
      parameter.fallback = expr_.parse_expression();
      made.parameters.push_back(std::move(parameter));
      if (!in_.take_symbol(",")) break;
    }
    end_tag();
    made.body = parse_block({"endwith"});
    end_block("endwith");
    return made;
  }

  // Marks the assistant's part for training: of the text it changes nothing.
  Stmt parse_generation() {
    Stmt made = stmt(Stmt::Kind::kScope);
    end_tag();
    made.body = parse_captured({"endgeneration"});
    end_block("endgeneration");
    return made;
  }

  TokenReader in_;
  ExprParser expr_;
  int n_loops_ = 0;
};

}  // namespace

Result<Block> parse_template(std::string_view source) {
  QUERN_ASSIGN(std::vector<Token> tokens, lex_template(source));
  return Parser(std::move(tokens)).run();
}

}  // namespace quern::jinja
