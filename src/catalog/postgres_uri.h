// Which Postgres database a catalog's uri means.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

namespace frazil::catalog {

struct PostgresTarget {
  std::map<std::string, std::string> parameters;  // libpq's, the password among them
  Secret password;                                // to keep it out of what is said
  std::string place;                              // "postgresql://host:5432/database", for messages
};

// Whether `uri` begins as one of a Postgres database does: postgresql:// or postgres://, with SQLAlchemy's driver in it
// (postgresql+psycopg2://) or JDBC's prefix (jdbc:postgresql://).
bool IsPostgresUri(std::string_view uri);

// libpq's URI: postgresql://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE. What it leaves open, libpq finds in PG*
// variables, ~/.pg_service.conf and ~/.pgpass. `user` and `password`, where not empty, go before those in the URI.
Result<PostgresTarget> ParsePostgresUri(const Secret& uri, const std::string& user, const Secret& password);

}  // namespace frazil::catalog
