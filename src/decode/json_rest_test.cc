#include "decode/json_rest.h"

#include <gtest/gtest.h>

#include "decode/json_value_end.h"

namespace frazil::decode {
namespace {

TEST(JsonRestTest, KeepsFieldsWhereTheyWere) {
  JsonRest rest;
  rest.Clear();
  EXPECT_TRUE(rest.empty());
  rest.Enter("lines", 0, /*is_array=*/true);
  rest.Enter({}, 0, false);
  rest.Leave();
  rest.Enter({}, 2, false);
  rest.Keep("a\"\\\n", "1.50");
  rest.Keep("b", "[ ]");
  rest.Leave();
  rest.Enter({}, 3, true);
  rest.Enter({}, 0, false);
  rest.Keep("c", "null");
  rest.Leave();
  rest.Leave();
  rest.Leave();
  rest.Enter("empty", 0, false);
  rest.Leave();
  rest.Keep("d", "\"x\"");
  EXPECT_EQ(rest.Finish(), R"({"lines":[null,null,{"a\"\\\u000a":1.50,"b":[ ]},[{"c":null}]],"d":"x"})");
  rest.Clear();
  EXPECT_EQ(rest.Finish(), "");
}

TEST(JsonRestTest, GoesBack) {
  JsonRest rest;
  rest.Clear();
  rest.Enter("l", 0, true);
  rest.Enter({}, 0, false);
  rest.Keep("a", "1");
  rest.Leave();
  const auto mark = rest.mark();
  rest.Enter({}, 1, false);
  rest.Keep("b", "2");
  rest.Enter("deeper", 0, false);
  rest.GoBack(mark);
  rest.Enter({}, 2, false);
  rest.Keep("c", "3");
  rest.Leave();
  rest.Leave();
  EXPECT_EQ(rest.Finish(), R"({"l":[{"a":1},null,{"c":3}]})");
  rest.Clear();
  const auto nothing = rest.mark();
  rest.Keep("a", "1");
  rest.GoBack(nothing);
  EXPECT_TRUE(rest.empty());
  rest.Keep("b", "1");
  EXPECT_EQ(rest.Finish(), R"({"b":1})");
}

TEST(JsonValueEndTest, FindsTheEndOfWhatIsJson) {
  const auto length = [](std::string_view text, int depth = 1) -> ptrdiff_t {
    bool too_deep = false;
    const char* const end = JsonValueEnd(text.data(), text.data() + text.size(), depth, too_deep);
    return end == nullptr ? (too_deep ? -2 : -1) : end - text.data();
  };
  for (const char* whole : {"1", "-0.5e+3", "true", "false", "null", R"("a\"\u00e4\\")", "[]", "{}", "[1, [2], {}]",
                            R"({"a" : {"b":[1,2]} , "a":null})", "[\n1\t]"}) {
    EXPECT_EQ(length(whole), static_cast<ptrdiff_t>(std::string_view(whole).size())) << whole;
    EXPECT_EQ(length(std::string(whole) + ",x"), static_cast<ptrdiff_t>(std::string_view(whole).size())) << whole;
  }
  for (const char* none :
       {"",     "01",   "-",  "1e",    ".5",       "+1",        "tru",         "nul", R"("a)", R"("\x")", R"("\u12g4")",
        "[1,]", "[,1]", "[1", "{1:2}", R"({"a"})", R"({"a":})", R"({"a":1,})", "]",   "NaN",   "1.",      "'a'"}) {
    EXPECT_EQ(length(none), -1) << none;
  }
  EXPECT_EQ(length(std::string(63, '[') + std::string(63, ']')), 126);
  EXPECT_EQ(length(std::string(64, '[') + std::string(64, ']')), -2);
  EXPECT_EQ(length("[]", 64), -2);
  EXPECT_EQ(length("1", 64), 1);
}

}  // namespace
}  // namespace frazil::decode
