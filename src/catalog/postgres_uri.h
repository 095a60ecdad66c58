// Parses the uri of a Postgres database.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

namespace frazil::catalog {

struct PostgresTarget {
  std::map<std::string, std::string> parameters;  // parameters for libpq, with the password
  Secret password;                                // kept to hide it in messages
  std::string place;                              // for messages: "postgresql://host:5432/database"
};

// True if `uri` names a Postgres database: postgresql:// or postgres://, also with SQLAlchemy's driver
// (postgresql+psycopg2://) or JDBC's prefix (jdbc:postgresql://).
bool IsPostgresUri(std::string_view uri);

// Parses postgresql://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE, as libpq does. Missing parts come from PG*
// variables, ~/.pg_service.conf and ~/.pgpass. `user` and `password`, if not empty, override those in the URI.
Result<PostgresTarget> ParsePostgresUri(const Secret& uri, const std::string& user, const Secret& password);

}  // namespace frazil::catalog
