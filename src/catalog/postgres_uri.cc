#include "catalog/postgres_uri.h"

#include <libpq-fe.h>

#include <memory>

#include "common/text/url.h"

namespace frazil::catalog {
namespace {

constexpr std::string_view kJdbc = "jdbc:";

// The scheme without the additions of other programs.
std::string_view SchemeOf(std::string_view uri) {
  if (uri.starts_with(kJdbc)) uri.remove_prefix(kJdbc.size());
  const auto end = uri.find("://");
  if (end == std::string_view::npos) return {};
  return uri.substr(0, std::min(end, uri.find('+')));
}

}  // namespace

bool IsPostgresUri(std::string_view uri) {
  const std::string_view scheme = SchemeOf(uri);
  return scheme == "postgresql" || scheme == "postgres";
}

Result<PostgresTarget> ParsePostgresUri(const Secret& uri, const std::string& user, const Secret& password) {
  const std::string& written = uri.Reveal();
  const std::string plain = "postgresql" + written.substr(written.find("://"));
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(plain.c_str(), &why),
                                                                            &PQconninfoFree);
  if (!parsed) {
    PQfreemem(why);  // it quotes the URI, with the password
    return Fail(ErrorKind::kInvalidArgument,
                "the catalog's uri is none that Postgres's library understands: write it as "
                "postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full, what is not a letter or digit in a user, "
                "password or value as %XX (\"@\" is %40)");
  }
  PostgresTarget target;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) target.parameters[option->keyword] = option->val;
  }
  if (!user.empty()) target.parameters["user"] = user;
  if (!password.empty()) target.parameters["password"] = password.Reveal();
  const auto find = [&](const char* name, std::string otherwise) {
    const auto found = target.parameters.find(name);
    return found == target.parameters.end() ? otherwise : found->second;
  };
  target.password = find("password", "");
  const std::string host = find("host", find("hostaddr", ""));
  const std::string port = find("port", "");
  const std::string database = find("dbname", "");
  target.place = "postgresql://" + (host.starts_with('/') ? EncodeUrl(host) : host) + (port.empty() ? "" : ":" + port) +
                 (database.empty() ? "" : "/" + database);
  return target;
}

}  // namespace frazil::catalog
