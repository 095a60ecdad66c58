// Fields of records whose columns have other names by now: `rename:` of a sink.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::decode {

// Of one struct, and of all that is below it.
class Renames {
 public:
  // From paths of fields, dots between the levels (a list's "element", a map's "value"), to the last name alone. A path
  // may call what is above the field by either name. kInvalidArgument where the same name is given twice, or is both an
  // old one and a new one: then nothing tells what was done before.
  static Result<Renames> Make(const std::map<std::string, std::string>& names_by_path);

  bool empty() const { return names_.empty() && below_.empty(); }
  // What a field is called now; the same where it was not renamed.
  std::string_view NameNow(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& names() const { return names_; }  // by what they were before
  // By the names of now. Null: nothing was renamed there.
  const Renames* Below(std::string_view name) const;
  const std::map<std::string, Renames, std::less<>>& below() const { return below_; }

 private:
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, Renames, std::less<>> below_;
};

// Fields under the names of now, at every depth; of two that are one by now the first. Null: nothing was renamed.
std::vector<iceberg::Field> FieldsNow(std::vector<iceberg::Field> fields, const Renames* renames);

}  // namespace frazil::decode
