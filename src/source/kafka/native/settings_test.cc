#include "source/kafka/native/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::source::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Options With(const std::map<std::string, std::string>& properties, const std::string& brokers = "a:1") {
  Options options;
  options.brokers = brokers;
  options.properties = properties;
  return options;
}

TEST(FetchSettings, ReadsBrokers) {
  const auto settings = ReadFetchSettings(With({}, "a:1, b ,PLAINTEXT://c:3,[::1]:4,::2"));
  ASSERT_TRUE(settings);
  EXPECT_THAT(settings->bootstrap, ElementsAre(Endpoint{"a", 1}, Endpoint{"b", 9092}, Endpoint{"c", 3},
                                               Endpoint{"::1", 4}, Endpoint{"::2", 9092}));
  EXPECT_EQ(settings->bootstrap[3].ToString(), "[::1]:4");
}

TEST(FetchSettings, ReadsSecurityFromLibrdkafkasKeys) {
  const auto settings = ReadFetchSettings(With({{"security.protocol", "sasl_ssl"},
                                                {"sasl.mechanisms", "SCRAM-SHA-512"},
                                                {"sasl.username", "u"},
                                                {"sasl.password", "p"},
                                                {"ssl.ca.location", "/ca"},
                                                {"enable.ssl.certificate.verification", "false"},
                                                {"ssl.endpoint.identification.algorithm", "none"}}));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->sasl->mechanism, SaslSettings::Mechanism::kScramSha512);
  EXPECT_EQ(settings->sasl->password.Reveal(), "p");
  EXPECT_EQ(settings->tls->ca_file, "/ca");
  EXPECT_FALSE(settings->tls->verify);
  EXPECT_FALSE(settings->tls->check_host_name);
  EXPECT_FALSE(ReadFetchSettings(With({{"security.protocol", "plaintext"}}))->tls);
}

TEST(FetchSettings, LeavesToLibrdkafkaWhatOnlyItKnows) {
  const auto refusal = [](const std::map<std::string, std::string>& properties) {
    const auto settings = ReadFetchSettings(With(properties));
    return settings ? "" : fmt::format("{}: {}", ToString(settings.error().kind), settings.error().message);
  };
  EXPECT_THAT(refusal({{"security.protocol", "SASL_SSL"}}), HasSubstr("unsupported: sasl.mechanism GSSAPI"));
  EXPECT_THAT(refusal({{"ssl.keystore.location", "/k"}}), HasSubstr("ssl.keystore.location"));
  EXPECT_THAT(refusal({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "OAUTHBEARER"}}),
              HasSubstr("OAUTHBEARER"));
  EXPECT_EQ(refusal({{"statistics.interval.ms", "5"}}), "");
}

TEST(FetchSettings, BoundsAnswersByTheQueue) {
  auto options = With({});
  options.queue_bytes = 8 << 20;
  EXPECT_EQ(ReadFetchSettings(options)->max_bytes, 2 << 20);
  options.queue_bytes = 1 << 20;
  EXPECT_EQ(ReadFetchSettings(options)->max_bytes, 1 << 20);
  options.queue_bytes = int64_t{1} << 40;
  EXPECT_EQ(ReadFetchSettings(options)->max_bytes, 8 << 20);
  EXPECT_EQ(ReadFetchSettings(With({{"fetch.max.bytes", "5000"}, {"fetch.wait.max.ms", "7"}}))->max_bytes, 5000);
}

}  // namespace
}  // namespace frazil::source::kafka
