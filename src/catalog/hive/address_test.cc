#include "catalog/hive/address.h"

#include <gtest/gtest.h>

namespace frazil::catalog::hive {
namespace {

TEST(HiveAddressTest, OneAndSeveral) {
  EXPECT_EQ(*ParseAddresses("thrift://hms:9084"), (std::vector<Address>{{"hms", 9084}}));
  EXPECT_EQ(*ParseAddresses("thrift://a:1,b,thrift://c:2"), (std::vector<Address>{{"a", 1}, {"b", 9083}, {"c", 2}}));
  EXPECT_EQ(*ParseAddresses("thrift://[::1]:9085"), (std::vector<Address>{{"[::1]", 9085}}));
  EXPECT_EQ(*ParseAddresses("thrift://[::1]"), (std::vector<Address>{{"[::1]", 9083}}));
}

TEST(HiveAddressTest, WhatIsNone) {
  for (const char* text :
       {"", "hms:9083", "http://hms:9083", "thrift://", "thrift://:9083", "thrift://a:x", "thrift://a:0",
        "thrift://a:65536", "thrift://a,", "thrift://u:p@a:1", "thrift://a:1/db", "thrift://a:"}) {
    EXPECT_FALSE(ParseAddresses(text)) << text;
  }
}

}  // namespace
}  // namespace frazil::catalog::hive
