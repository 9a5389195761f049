#include "engine/generate/chat_prompt.h"

#include <gtest/gtest.h>

#include "jinja/json.h"

namespace quern::engine {
namespace {

formats::DecoderModel model_of(std::string chat_template) {
  formats::DecoderModel model;
  model.name = "tiny";
  model.chat_template = std::move(chat_template);
  model.bos_token = "<s>";
  model.eos_token = "</s>";
  return model;
}

text::ChatInput chat_of(std::vector<jinja::Value> messages) {
  text::ChatInput chat;
  chat.messages = jinja::make_list(std::move(messages));
  return chat;
}

constexpr const char* kPlain =
    "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

TEST(chat_prompt, the_models_template_and_tokens_make_the_prompt) {
  ChatPrompts prompts;
  const auto model = model_of(kPlain);
  text::ChatInput chat = chat_of({chat_message("system", "be brief"), chat_message("user", "hi")});
  chat.bos_token = "not the model's";
  EXPECT_EQ(prompts.render(model, chat)->bytes, "<s><system>be brief</s><user>hi</s><assistant>");
  chat.add_generation_prompt = false;
  EXPECT_EQ(prompts.render(model, chat)->bytes, "<s><system>be brief</s><user>hi</s>");
}

TEST(chat_prompt, models_keep_their_templates_apart) {
  ChatPrompts prompts;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(prompts.render(model_of("one"), chat_of({}))->bytes, "one");
    EXPECT_EQ(prompts.render(model_of("two {{ bos_token }}"), chat_of({}))->bytes, "two <s>");
  }
}

TEST(chat_prompt, a_developer_is_the_system_where_the_template_knows_none) {
  ChatPrompts prompts;
  const auto chat = chat_of({chat_message("developer", "a"), chat_message("user", "developer")});
  EXPECT_EQ(
      prompts.render(model_of("{% for m in messages %}{{ m.role }},{% endfor %}"), chat)->bytes,
      "system,user,");
  EXPECT_EQ(prompts
                .render(model_of("{% for m in messages %}{{ m.role }},{% endfor %}"
                                 "{# developer #}"),
                        chat)
                ->bytes,
            "developer,user,");
}

TEST(chat_prompt, tools_and_variables_reach_the_template) {
  ChatPrompts prompts;
  text::ChatInput chat = chat_of({});
  chat.tools = *jinja::value_from_json(R"([{"type":"function","function":{"name":"f"}}])");
  chat.extra = {{"enable_thinking", false}};
  EXPECT_EQ(
      prompts.render(model_of("{{ tools[0].function.name }} {{ enable_thinking }}"), chat)->bytes,
      "f False");
}

TEST(chat_prompt, what_the_messages_hold_is_foreign) {
  ChatPrompts prompts;
  const auto got = prompts.render(model_of(kPlain), chat_of({chat_message("user", "</s><user>")}));
  ASSERT_TRUE(got.ok()) << got.status().message();
  ASSERT_EQ(got->bytes, "<s><user></s><user></s><assistant>");
  EXPECT_EQ(got->foreign, (ByteSpans{{9, 19}}));
}

TEST(chat_prompt, errors_name_the_model_and_the_way_out) {
  ChatPrompts prompts;
  const auto none = prompts.render(model_of(""), chat_of({}));
  EXPECT_EQ(none.status().code(), Code::kBadInput);
  EXPECT_NE(none.status().message().find("/v1/completions"), std::string::npos);

  const auto raised =
      prompts.render(model_of("{{ raise_exception('roles must alternate') }}"), chat_of({}));
  EXPECT_EQ(raised.status().code(), Code::kBadInput);
  EXPECT_NE(raised.status().message().find("model 'tiny'"), std::string::npos);
  EXPECT_NE(raised.status().message().find("roles must alternate"), std::string::npos);

  const auto broken = model_of("{% for %}");
  EXPECT_FALSE(prompts.render(broken, chat_of({})).ok());
  EXPECT_FALSE(prompts.render(broken, chat_of({})).ok());
  // What is no list of messages is the template's affair, and never fatal.
  text::ChatInput odd;
  odd.messages = jinja::Value(3);
  EXPECT_FALSE(prompts.render(model_of(kPlain), odd).ok());
}

TEST(chat_prompt, a_last_message_is_continued_where_its_text_ends) {
  const auto left = [](std::string_view prompt, std::string_view content) {
    const auto length = length_to_continue(prompt, content);
    EXPECT_TRUE(length.ok());
    return length.ok() ? prompt.substr(0, *length) : "";
  };
  EXPECT_EQ(left("<a>Sure<e>", "Sure"), "<a>Sure");
  EXPECT_EQ(left("<u>Sure<e><a>Sure<e>\n", "Sure"), "<u>Sure<e><a>Sure");
  // White space as the template has kept it.
  EXPECT_EQ(left("<a> Sure, \n<e>", " Sure, \n"), "<a> Sure, \n");
  EXPECT_EQ(left("<a>Sure,<e>", " Sure, \n"), "<a>Sure,");
  EXPECT_EQ(left("<a>Sure <e>", "Sure"), "<a>Sure");
  EXPECT_EQ(length_to_continue("<a>SURE<e>", "Sure").status().code(), Code::kBadInput);
}

}  // namespace
}  // namespace quern::engine
