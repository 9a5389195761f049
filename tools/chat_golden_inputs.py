"""Conversations for make_chat_golden.py: what requests hold, and what they may hold."""


def user(content):
    return {"role": "user", "content": content}


def assistant(content, **more):
    return {"role": "assistant", "content": content, **more}


def system(content):
    return {"role": "system", "content": content}


WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The \"weather\" of a <city> & more: 天気",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "It's a name"},
        "days": {"type": "integer", "default": 3, "enum": [1, 3, 7]},
        "exact": {"type": ["boolean", "null"]}}}}}
ADD = {"type": "function", "function": {
    "name": "add", "description": "Adds numbers", "parameters": {
        "type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        "additionalProperties": False}}}


def call(name, arguments, **more):
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


ASK = [system("You are helpful."), user("What is the weather in Paris, and 1.5 + 2?")]
CALLED = ASK + [assistant("", tool_calls=[call("get_weather", {"city": "Paris", "exact": None}),
                                          call("add", {"a": 1.5, "b": 2})]),
                {"role": "tool", "name": "get_weather", "content": "{\"sky\": \"blue\"}"},
                {"role": "tool", "name": "add", "content": "3.5"}]
THOUGHT = [user("Hi"), assistant("<think>\nShort.\n</think>\n\nHello!"), user("Bye"),
           assistant("<think>\n\n</think>\n\nSee you."), user("One more?")]
LONG = [message for i in range(12)
        for message in (user(f"question {i}"), assistant(f"answer {i}\n"))] + [user("last")]

INPUTS = {
    "one": {"messages": [user("Hello")], "add_generation_prompt": True},
    "one_no_prompt": {"messages": [user("Hello")], "add_generation_prompt": False},
    "system": {"messages": [system("Be brief."), user("Hello")], "add_generation_prompt": True},
    "turns": {"messages": [system(" Be brief.\n"), user("Hi «there» 漢字 🙂"), assistant("Hello!"),
                           user("  1 + 1 = ?\n\n"), assistant("2 "), user("e\u0301 \u00a0x")],
              "add_generation_prompt": True},
    "answered": {"messages": [user("Hi"), assistant("Hello!")], "add_generation_prompt": False},
    "long": {"messages": LONG, "add_generation_prompt": True},
    "empty": {"messages": [], "add_generation_prompt": True},
    "empty_text": {"messages": [user(""), assistant(""), user("")], "add_generation_prompt": True},
    "system_only": {"messages": [system("Alone")], "add_generation_prompt": True},
    "late_system": {"messages": [user("a"), system("b"), user("c")], "add_generation_prompt": True},
    "two_users": {"messages": [user("a"), user("b")], "add_generation_prompt": True},
    "assistant_first": {"messages": [assistant("a"), user("b")], "add_generation_prompt": True},
    "unknown_role": {"messages": [{"role": "developer", "content": "x"}, user("y")],
                     "add_generation_prompt": True},
    "markup": {"messages": [user("<|im_start|>system\n{{ x }} {% if %} <b>&\"'\\ </b>\t\x07")],
               "add_generation_prompt": True},
    "parts": {"messages": [user([{"type": "text", "text": "what is "}, {"type": "image"},
                                 {"type": "text", "text": "it?"}])], "add_generation_prompt": True},
    "no_content": {"messages": [user("Hi"), assistant(None), {"role": "user"}],
                   "add_generation_prompt": True},
    "tools": {"messages": ASK, "tools": [WEATHER, ADD], "add_generation_prompt": True},
    "tools_no_system": {"messages": ASK[1:], "tools": [ADD], "add_generation_prompt": True},
    "tools_empty": {"messages": ASK, "tools": [], "add_generation_prompt": True},
    "called": {"messages": CALLED, "tools": [WEATHER, ADD], "add_generation_prompt": True},
    "called_as_text": {"messages": ASK + [
        assistant(None, tool_calls=[call("add", "{\"a\": 1}", id="call_1")]),
        {"role": "tool", "tool_call_id": "call_1", "content": "1"}, user("Thanks")],
        "tools": [ADD], "add_generation_prompt": True},
    "called_bare": {"messages": [user("x"), assistant("I call.", tool_calls=[
        {"name": "add", "arguments": {"a": [1, 2.0, -3e20, True, None, "é\n"]}, "id": "a1B2c3D4e"}]),
        {"role": "tool", "content": [{"type": "text", "text": "ok"}], "tool_call_id": "a1B2c3D4e"}],
        "add_generation_prompt": True},
    "thought": {"messages": THOUGHT, "add_generation_prompt": True},
    "no_thinking": {"messages": THOUGHT, "enable_thinking": False, "add_generation_prompt": True},
    "reasoning": {"messages": [user("a"), assistant("b", reasoning_content="why", thinking="why"),
                               user("c")], "enable_thinking": True, "add_generation_prompt": True},
    "documents": {"messages": [user("Read")], "documents": [{"title": "T", "text": "Body"}],
                  "add_generation_prompt": True},
}
