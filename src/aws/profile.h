// Profiles of AWS's tools, in ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::aws {

using Profile = std::map<std::string, std::string>;  // settings by name, in lower case
using Profiles = std::map<std::string, Profile>;

enum class ProfileFileKind { kConfig, kCredentials };  // sections are "[profile NAME]" and "[NAME]"

// Ignores what AWS's tools ignore: sections of other kinds, nested settings, lines that are neither.
Profiles ParseProfiles(std::string_view text, ProfileFileKind kind);

// AWS_PROFILE, else "default".
std::string CurrentProfileName();

// Merges both files' settings of the profile; the credentials file wins. AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE choose other files. Returns nullopt if neither file has the profile, kInvalidArgument if
// a file exists but cannot be read.
Result<std::optional<Profile>> LoadProfile(const std::string& name);

// The first of: `given`; the region of `profile`, if that is not empty; AWS_REGION; AWS_DEFAULT_REGION; the region of
// the current profile. Empty if there is none.
Result<std::string> RegionOf(const std::string& given, const std::string& profile);

}  // namespace frazil::aws
