#include "jinja/eval.h"

#include <algorithm>
#include <memory>

#include "jinja/ops.h"

namespace quern::jinja {
namespace {

enum class Flow { kNext, kBreak, kContinue };

struct Frame {
  const Frame* parent = nullptr;
  std::uint64_t number = 0;  // No two of a rendering have the same.
  Variables variables = {};

  void set(const std::string& name, Value value) {
    for (auto& [key, old] : variables) {
      if (key == name) {
        old = std::move(value);
        return;
      }
    }
    variables.emplace_back(name, std::move(value));
  }

  const Value* find(const std::string& name) const {
    for (const Frame* frame = this; frame != nullptr; frame = frame->parent) {
      for (const auto& [key, value] : frame->variables) {
        if (key == name) return &value;
      }
    }
    return nullptr;
  }
};

// Levels of statements and expressions within each other: about 1.7 kB of stack each, and some 20
// kB under the address sanitizer.
constexpr int kMaxRecursion = 250;

Value cycle(Machine& machine, const Value& self, const Args& args) {
  if (args.values.empty()) return machine.fail("cycle needs values");
  return args.values[static_cast<std::size_t>(*self.as_int()) % args.values.size()];
}

Value function(Function value) { return std::make_shared<const Function>(std::move(value)); }

class Evaluator {
 public:
  Evaluator(const Variables& variables, const Limits& limits, std::time_t now)
      : machine_(limits, now) {
    globals_.variables = variables;
    live_.push_back(&globals_);
    frame_ = &globals_;
  }

  Result<Text> run(const Block& block) {
    Text out;
    run_into(block, out);
    if (machine_.failed()) {
      return machine_.status().in("template line " + std::to_string(error_line_));
    }
    return out;
  }

 private:
  // Every level of the stack has one; false when they are too many.
  class Level {
   public:
    explicit Level(Evaluator& evaluator) : depth_(evaluator.depth_) {
      if (++depth_ > kMaxRecursion) {
        evaluator.machine_.fail("the template calls itself too deeply", Code::kExhausted);
      }
    }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    int& depth_;
  };

  // Variables of their own for what runs while it lives.
  class Scope {
   public:
    Scope(Evaluator& evaluator, const Frame* parent)
        : evaluator_(evaluator),
          outer_(evaluator.frame_),
          frame_{.parent = parent, .number = ++evaluator.n_frames_} {
      evaluator_.live_.push_back(&frame_);
      evaluator_.frame_ = &frame_;
    }
    ~Scope() {
      evaluator_.live_.pop_back();
      evaluator_.frame_ = outer_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Evaluator& evaluator_;
    Frame* const outer_;
    Frame frame_;
  };

  void run_into(const Block& block, Text& out) {
    Text* before = std::exchange(out_, &out);
    exec_block(block);
    out_ = before;
  }

  // --- statements ---
  Flow exec_block(const Block& block) {
    const Level level(*this);
    for (const Stmt& stmt : block) {
      if (!machine_.spend(1)) return Flow::kBreak;
      line_ = stmt.line;
      const Flow flow = exec(stmt);
      if (machine_.failed()) return note_line();
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }

  Flow note_line() {
    if (error_line_ == 0) error_line_ = line_;
    return Flow::kBreak;
  }

  Flow exec(const Stmt& stmt) {
    switch (stmt.kind) {
      case Stmt::Kind::kText:
        machine_.append(stmt.text, *out_);
        return Flow::kNext;
      case Stmt::Kind::kPrint:
        print_value(eval(*stmt.value));
        return Flow::kNext;
      case Stmt::Kind::kIf:
        return exec_if(stmt);
      case Stmt::Kind::kFor:
        return exec_for(stmt);
      case Stmt::Kind::kSet:
        exec_set(stmt);
        return Flow::kNext;
      case Stmt::Kind::kMacro:
        frame_->set(stmt.text, function({.macro = &stmt, .scope = frame_->number}));
        return Flow::kNext;
      case Stmt::Kind::kFilter:
        print_value(filtered(stmt.body, *stmt.value));
        return Flow::kNext;
      case Stmt::Kind::kScope:
        return exec_scope(stmt);
      case Stmt::Kind::kBreak:
        return Flow::kBreak;
      case Stmt::Kind::kContinue:
        return Flow::kContinue;
    }
    return Flow::kNext;
  }

  void print_value(const Value& value) {
    if (const Text* text = value.as_traced()) {
      machine_.append(*text, *out_);
    } else {
      machine_.append(machine_.traced(value), *out_);
    }
  }

  Flow exec_if(const Stmt& stmt) {
    for (const auto& [condition, body] : stmt.branches) {
      if (condition == nullptr || is_true(eval(*condition))) return exec_block(body);
      if (machine_.failed()) break;
    }
    return Flow::kNext;
  }

  // The values see what is outside; the body's own variables end with it.
  Flow exec_scope(const Stmt& stmt) {
    Variables variables;
    for (const Stmt::Parameter& p : stmt.parameters) {
      variables.emplace_back(p.name, eval(*p.fallback));
    }
    const Scope scope(*this, frame_);
    frame_->variables = std::move(variables);
    return exec_block(stmt.body);
  }

  // The items for which the loop's condition holds.
  std::vector<Value> loop_items(const Stmt& stmt) {
    std::vector<Value> items = members_of(machine_, eval(*stmt.value));
    if (stmt.condition == nullptr) return items;
    std::vector<Value> kept;
    for (const Value& item : items) {
      if (machine_.failed()) break;
      const Scope scope(*this, frame_);
      assign(stmt.targets, item);
      if (is_true(eval(*stmt.condition))) kept.push_back(item);
    }
    return kept;
  }

  Flow exec_for(const Stmt& stmt) {
    const std::vector<Value> items = loop_items(stmt);
    bool has_ended = false;  // The body, at least once: "else" is for when it has not.
    for (std::size_t i = 0; i < items.size() && machine_.spend(4); ++i) {
      const Scope scope(*this, frame_);
      frame_->set("loop", loop_value(items, i));
      assign(stmt.targets, items[i]);
      const Flow flow = exec_block(stmt.body);
      if (flow == Flow::kBreak) break;
      has_ended = has_ended || flow == Flow::kNext;
    }
    return has_ended ? Flow::kNext : exec_block(stmt.otherwise);
  }

  static Value loop_value(const std::vector<Value>& items, std::size_t i) {
    // The keys are made once: this is work for every turn of every loop.
    static const Value kIndex = "index", kIndex0 = "index0", kFirst = "first", kLast = "last",
                       kLength = "length", kRevindex = "revindex", kRevindex0 = "revindex0",
                       kPrev = "previtem", kNext = "nextitem", kDepth = "depth", kDepth0 = "depth0",
                       kCycle = "cycle";
    const auto n = static_cast<std::int64_t>(items.size());
    const auto at = static_cast<std::int64_t>(i);
    return make_dict({{kIndex, at + 1},
                      {kIndex0, at},
                      {kFirst, at == 0},
                      {kLast, at + 1 == n},
                      {kLength, n},
                      {kRevindex, n - at},
                      {kRevindex0, n - at - 1},
                      {kPrev, i > 0 ? items[i - 1] : Value()},
                      {kNext, i + 1 < items.size() ? items[i + 1] : Value()},
                      {kDepth, 1},  // Counts recursive loops only, and there are none.
                      {kDepth0, 0},
                      {kCycle, function({.builtin = cycle, .self = at})}});
  }

  void assign(const std::vector<std::string>& targets, const Value& value) {
    if (targets.size() == 1) return frame_->set(targets[0], value);
    const std::vector<Value> parts = members_of(machine_, value);
    if (parts.size() != targets.size()) {
      machine_.fail("cannot unpack " + std::to_string(parts.size()) + " values into " +
                    std::to_string(targets.size()) + " names");
      return;
    }
    for (std::size_t i = 0; i < targets.size(); ++i) frame_->set(targets[i], parts[i]);
  }

  void exec_set(const Stmt& stmt) {
    Value value;
    if (stmt.value != nullptr) {
      value = eval(*stmt.value);
    } else if (stmt.condition != nullptr) {
      value = filtered(stmt.body, *stmt.condition);
    } else {
      value = captured(stmt.body);
    }
    if (machine_.failed()) return;
    if (stmt.attribute.empty()) return assign(stmt.targets, value);
    set_attribute(stmt, std::move(value));
  }

  void set_attribute(const Stmt& stmt, Value value) {
    const Value* target = frame_->find(stmt.text);
    Dict* space = target != nullptr ? target->as_dict() : nullptr;
    if (space == nullptr || !space->is_namespace) {
      machine_.fail("cannot set '" + stmt.text + "." + stmt.attribute + "': no namespace");
      return;
    }
    if (stmt.attribute.starts_with('_')) {
      machine_.fail("'" + stmt.attribute + "' may not be set: it begins with '_'");
      return;
    }
    if (value.holds_namespace()) {
      machine_.fail("a namespace may not hold one", Code::kUnsupported);
      return;
    }
    if (machine_.spend(space->items.size() / 8)) space->set(stmt.attribute, std::move(value));
  }

  Value captured(const Block& body) {
    Text text;
    const Scope scope(*this, frame_);
    run_into(body, text);
    return machine_.text(std::move(text));
  }

  Value filtered(const Block& body, const Expr& filters) {
    Value before = std::exchange(piped_, captured(body));
    Value result = eval(filters);
    piped_ = std::move(before);
    return result;
  }

  // --- expressions ---
  Value eval(const Expr& expr) {
    const Level level(*this);
    if (!machine_.spend(1)) return {};
    switch (expr.kind) {
      case Expr::Kind::kLiteral:
        return expr.value;
      case Expr::Kind::kName:
        return eval_name(expr);
      case Expr::Kind::kList:
      case Expr::Kind::kTuple:
        return machine_.list(eval_all(expr, 0), expr.kind == Expr::Kind::kTuple);
      case Expr::Kind::kDict:
        return eval_dict(expr);
      case Expr::Kind::kAttribute:
        return eval_attribute(expr);
      case Expr::Kind::kItem: {
        const Value self = eval(*expr.args[0]);
        const Value key = eval(*expr.args[1]);
        return machine_.failed() ? Value() : item_of(machine_, self, key);
      }
      case Expr::Kind::kSlice:
        return eval_slice(expr);
      case Expr::Kind::kCall:
        return eval_call(expr);
      case Expr::Kind::kFilter:
        return eval_filter(expr);
      case Expr::Kind::kTest:
        return eval_test(expr);
      case Expr::Kind::kUnary:
        return eval_unary(expr);
      case Expr::Kind::kBinary:
        return eval_binary(expr);
      case Expr::Kind::kCompare:
        return eval_compare(expr);
      case Expr::Kind::kCondition:
        if (is_true(eval(*expr.args[1]))) return eval(*expr.args[0]);
        return expr.args[2] != nullptr ? eval(*expr.args[2]) : Value();
    }
    return {};
  }

  Value eval_name(const Expr& expr) {
    if (const Value* found = frame_->find(expr.name)) return *found;
    if (const Builtin builtin = find_function(expr.name)) return function({.builtin = builtin});
    return {};
  }

  std::vector<Value> eval_all(const Expr& expr, std::size_t from) {
    std::vector<Value> values;
    for (std::size_t i = from; i < expr.args.size(); ++i) values.push_back(eval(*expr.args[i]));
    return values;
  }

  Value eval_dict(const Expr& expr) {
    Dict made;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      Value key = eval(*expr.args[i]);
      Value value = eval(*expr.args[i + 1]);
      if (!machine_.spend(made.items.size() / 8)) return {};
      if (!key.is_scalar()) {
        return machine_.fail(std::string("a key is ") + key.type_name(), Code::kUnsupported);
      }
      made.set(std::move(key), std::move(value));
    }
    return machine_.dict(std::move(made.items));
  }

  Value eval_attribute(const Expr& expr) {
    const Value self = eval(*expr.args[0]);
    if (machine_.failed()) return {};
    if (self.is_undefined() && expr.args[0]->kind == Expr::Kind::kName) {
      return machine_.fail("'" + expr.args[0]->name + "' is undefined");
    }
    return attribute_of(machine_, self, expr.name);
  }

  Value eval_slice(const Expr& expr) {
    const Value self = eval(*expr.args[0]);
    Value bounds[3];
    const Value* given[3] = {nullptr, nullptr, nullptr};
    for (std::size_t i = 0; i < 3; ++i) {
      if (expr.args[i + 1] == nullptr) continue;
      bounds[i] = eval(*expr.args[i + 1]);
      given[i] = &bounds[i];
    }
    return machine_.failed() ? Value() : slice_of(machine_, self, given[0], given[1], given[2]);
  }

  Args eval_args(const Expr& expr) {
    Args args;
    args.values = eval_all(expr, 1);
    for (const auto& [name, value] : expr.kwargs) args.named.emplace_back(name, eval(*value));
    return args;
  }

  Value eval_call(const Expr& expr) {
    const Value callee = eval(*expr.args[0]);
    const Args args = eval_args(expr);
    if (machine_.failed()) return {};
    const Function* called = callee.as_function();
    if (called == nullptr) {
      return machine_.fail("'" + expr.args[0]->name + "' is " + callee.type_name() +
                           ", not a function");
    }
    if (called->macro != nullptr) return call_macro(*called, args);
    return machine_.call(called->builtin, called->self, args);
  }

  // Where a macro was made, if that is still running.
  const Frame* scope_of(const Function& macro) const {
    const auto found = std::find_if(live_.rbegin(), live_.rend(), [&](const Frame* frame) {
      return frame->number == macro.scope;
    });
    return found != live_.rend() ? *found : &globals_;
  }

  Value call_macro(const Function& called, const Args& args) {
    const Stmt& macro = *called.macro;
    if (!check_arguments(macro, args)) return {};
    const Scope scope(*this, scope_of(called));
    for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
      const Stmt::Parameter& parameter = macro.parameters[i];
      const Value* given = args.find(i, parameter.name);
      Value value = given != nullptr                ? *given
                    : parameter.fallback != nullptr ? eval(*parameter.fallback)
                                                    : Value();
      frame_->set(parameter.name, std::move(value));
    }
    Text text;
    run_into(macro.body, text);
    return machine_.text(std::move(text));
  }

  bool check_arguments(const Stmt& macro, const Args& args) {
    if (args.values.size() > macro.parameters.size()) {
      machine_.fail("macro '" + macro.text + "' takes " + std::to_string(macro.parameters.size()) +
                    " arguments");
    }
    for (const auto& [name, value] : args.named) {
      const bool is_known =
          std::any_of(macro.parameters.begin(), macro.parameters.end(),
                      [&](const Stmt::Parameter& parameter) { return parameter.name == name; });
      if (!is_known) machine_.fail("macro '" + macro.text + "' has no argument '" + name + "'");
    }
    return !machine_.failed();
  }

  Value eval_filter(const Expr& expr) {
    const Value self = expr.args[0] != nullptr ? eval(*expr.args[0]) : piped_;
    const Args args = eval_args(expr);
    if (machine_.failed()) return {};
    const Builtin filter = find_filter(expr.name);
    if (filter == nullptr) {
      return machine_.fail("no filter named '" + expr.name + "'", Code::kUnsupported);
    }
    return machine_.call(filter, self, args);
  }

  Value eval_test(const Expr& expr) {
    const Value self = eval(*expr.args[0]);
    const Args args = eval_args(expr);
    if (machine_.failed()) return {};
    const Builtin test = find_test(expr.name);
    if (test == nullptr) {
      return machine_.fail("no test named '" + expr.name + "'", Code::kUnsupported);
    }
    return is_true(machine_.call(test, self, args)) != expr.is_negated;
  }

  Value eval_unary(const Expr& expr) {
    const Value value = eval(*expr.args[0]);
    if (expr.name == "not") return !is_true(value);
    return machine_.failed() ? Value() : arithmetic(machine_, expr.name, 0, value);
  }

  Value eval_binary(const Expr& expr) {
    Value a = eval(*expr.args[0]);
    if (machine_.failed()) return {};
    if (expr.name == "and") return is_true(a) ? eval(*expr.args[1]) : a;
    if (expr.name == "or") return is_true(a) ? a : eval(*expr.args[1]);
    const Value b = eval(*expr.args[1]);
    return machine_.failed() ? Value() : arithmetic(machine_, expr.name, a, b);
  }

  // a < b <= c: each holds, and each side is computed once.
  Value eval_compare(const Expr& expr) {
    Value left = eval(*expr.args[0]);
    for (std::size_t i = 0; i < expr.ops.size(); ++i) {
      Value right = eval(*expr.args[i + 1]);
      if (machine_.failed() || !compare(machine_, expr.ops[i], left, right)) return false;
      left = std::move(right);
    }
    return true;
  }

  Machine machine_;
  Frame globals_;
  Frame* frame_ = nullptr;
  std::vector<const Frame*> live_;  // Innermost last.
  std::uint64_t n_frames_ = 0;
  Text* out_ = nullptr;
  Value piped_;
  int depth_ = 0;
  int line_ = 0;
  int error_line_ = 0;
};

}  // namespace

Result<Text> render_template(const Block& block, const Variables& variables, const Limits& limits,
                             std::time_t now) {
  return Evaluator(variables, limits, now).run(block);
}

}  // namespace quern::jinja
