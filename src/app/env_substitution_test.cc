#include "app/env_substitution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace frazil::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::optional<std::string> Lookup(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {
      {"HOST", "kafka"}, {"PORT", "9092"}, {"EMPTY", ""}, {"TRICKY", "${HOST}"}, {"_x1", "y"}};
  const auto it = kVariables.find(name);
  return it == kVariables.end() ? std::nullopt : std::optional(it->second);
}

std::string Substituted(std::string_view text) {
  const auto result = SubstituteEnvironment(text, Lookup);
  return result ? *result : "failed: " + result.error().message;
}

TEST(EnvSubstitutionTest, PutsVariablesIn) {
  EXPECT_EQ(Substituted("${HOST}:${PORT}"), "kafka:9092");
  EXPECT_EQ(Substituted("a${_x1}b"), "ayb");
  EXPECT_EQ(Substituted("${EMPTY}"), "");
  EXPECT_EQ(Substituted(""), "");
}

TEST(EnvSubstitutionTest, DefaultStandsForUnsetAndEmpty) {
  EXPECT_EQ(Substituted("${NONE:-x}"), "x");
  EXPECT_EQ(Substituted("${EMPTY:-x}"), "x");
  EXPECT_EQ(Substituted("${HOST:-x}"), "kafka");
  EXPECT_EQ(Substituted("${NONE:-}"), "");
  EXPECT_EQ(Substituted("${NONE:-a:-b$c}"), "a:-b$c");
}

TEST(EnvSubstitutionTest, DollarsThatAreNoReference) {
  EXPECT_EQ(Substituted("$$"), "$");
  EXPECT_EQ(Substituted("$${HOST}"), "${HOST}");
  EXPECT_EQ(Substituted("$HOST costs 5$"), "$HOST costs 5$");
  EXPECT_EQ(Substituted("$$$$"), "$$");
}

TEST(EnvSubstitutionTest, ValuesAreNotLookedAtAgain) { EXPECT_EQ(Substituted("${TRICKY}"), "${HOST}"); }

TEST(EnvSubstitutionTest, NamesTheVariableThatIsNotSet) {
  EXPECT_THAT(Substituted("x${NONE}"),
              AllOf(HasSubstr("environment variable NONE is not set"), HasSubstr("${NONE:-default}")));
}

TEST(EnvSubstitutionTest, RefusesBrokenReferences) {
  EXPECT_THAT(Substituted("${HOST"), HasSubstr("no closing \"}\""));
  EXPECT_THAT(Substituted("${}"), HasSubstr("no reference to a variable"));
  EXPECT_THAT(Substituted("${1A}"), HasSubstr("no reference to a variable"));
  EXPECT_THAT(Substituted("${HO ST}"), HasSubstr("no reference to a variable"));
  EXPECT_THAT(Substituted("${HOST:x}"), AllOf(HasSubstr("no reference to a variable"), Not(HasSubstr("kafka"))));
}

TEST(EnvSubstitutionTest, AFileIsASecretUpToItsLastLineBreak) {
  const std::string path = testing::TempDir() + "/secret";
  const auto holding = [&](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return Substituted("<${file:" + path + "}>");
  };
  EXPECT_EQ(holding("hunter2"), "<hunter2>");
  EXPECT_EQ(holding("hunter2\n"), "<hunter2>");
  EXPECT_EQ(holding("${HOST}\r\n"), "<${HOST}>");
  EXPECT_EQ(holding("a\n\n"), "<a\n>");
  EXPECT_THAT(holding(""), HasSubstr("it is empty"));
  EXPECT_THAT(holding("\n"), HasSubstr("it is empty"));
  EXPECT_THAT(holding(std::string(70'000, 'x')), AllOf(HasSubstr("longer than 64 KiB"), Not(HasSubstr("xxx"))));
  EXPECT_THAT(Substituted("${file:/no/such/file}"), HasSubstr("${file:/no/such/file}"));
  EXPECT_THAT(Substituted("${file:/dev/zero}"), HasSubstr("not a regular file"));
  EXPECT_THAT(Substituted("${file:}"), HasSubstr("${file:}"));
}

}  // namespace
}  // namespace frazil::app
