// Which database a uri means, and a server that is not there. What a real one does:
// tests/conformance/catalog_postgres_test.py.
#include "catalog/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/system/descriptor.h"
#include "common/time/stop_flag.h"

namespace frazil::catalog {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(PostgresUriTest, IsToldByItsScheme) {
  for (const char* uri : {"postgresql://h/d", "postgres://h/d", "postgresql+psycopg2://h/d", "jdbc:postgresql://h/d"}) {
    EXPECT_TRUE(IsPostgresUri(uri)) << uri;
  }
  for (const char* uri :
       {"sqlite:////x.db", "mysql://h/d", "postgresql:/h", "postgresqlx://h/d", "", "host=h dbname=d"}) {
    EXPECT_FALSE(IsPostgresUri(uri)) << uri;
  }
}

TEST(PostgresUriTest, IsTakenApart) {
  const auto target =
      ParsePostgresUri("postgresql+psycopg2://me:p%40ss@db.example.com:5433/lake?sslmode=verify-full", "", "").value();
  EXPECT_EQ(target.parameters.at("user"), "me");
  EXPECT_EQ(target.parameters.at("password"), "p@ss");
  EXPECT_EQ(target.parameters.at("sslmode"), "verify-full");
  EXPECT_EQ(target.password.Reveal(), "p@ss");
  EXPECT_EQ(target.place, "postgresql://db.example.com:5433/lake");
  EXPECT_EQ(ParsePostgresUri("jdbc:postgresql://a:1,b:2/lake?password=hunter2", "", "")->place,
            "postgresql://a,b:1,2/lake");
}

TEST(PostgresUriTest, UserAndPasswordBesideItGoBeforeItsOwn) {
  const auto target = ParsePostgresUri("postgresql://me:old@h/d", "you", "new").value();
  EXPECT_EQ(target.parameters.at("user"), "you");
  EXPECT_EQ(target.parameters.at("password"), "new");
}

TEST(PostgresUriTest, IsNotShownWhereItCannotBeRead) {
  for (const char* uri : {"postgresql://me:hunter2@h:port/d?x=y", "postgresql://me:hunter2@h/d?no_such_parameter=1",
                          "postgresql://me:hunter2%zz@h/d", "postgresql://me:hunter2@[h/d"}) {
    const auto refused = ParsePostgresUri(uri, "", "");
    ASSERT_FALSE(refused) << uri;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
  }
}

// A listening socket that nobody answers at.
struct Silent {
  Silent() : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(fd.get(), 8);
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  PostgresTarget target() const {
    return ParsePostgresUri(fmt::format("postgresql://me:hunter2@127.0.0.1:{}/d", port), "", "").value();
  }
  Descriptor fd;
  int port = 0;
};

TEST(PostgresTest, AServerThatSaysNothingIsNotWaitedForLonger) {
  const Silent silent;
  const auto begin = std::chrono::steady_clock::now();
  const auto refused = Postgres::Open(silent.target(), {.connect = milliseconds(300)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(refused.error().message, StartsWith("Failed to connect to catalog at postgresql://127.0.0.1:"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(PostgresTest, AStopEndsTheWait) {
  const Silent silent;
  StopFlag stop;
  const StopScope scope(&stop);
  stop.Set();
  const auto refused = Postgres::Open(silent.target());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCancelled);
}

TEST(PostgresTest, AnAddressWhereNobodyListensIsToldWithoutThePassword) {
  PostgresTarget target;
  {
    const Silent closed;
    target = closed.target();
  }
  const auto refused = Postgres::Open(target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("Connection refused"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace frazil::catalog
