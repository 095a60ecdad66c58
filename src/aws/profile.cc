#include "aws/profile.h"

#include <algorithm>
#include <filesystem>

#include "aws/environment.h"
#include "common/text/ascii_case.h"
#include "common/text/trim.h"
#include "io/whole_file.h"

namespace frazil::aws {
namespace {

constexpr int64_t kLongestFile = 1 << 20;

// The profile's name in "[…]"; nullopt if the section is no profile.
std::optional<std::string> ProfileName(std::string_view section, ProfileFileKind kind) {
  constexpr std::string_view kPrefix = "profile";
  section = Trim(section);
  if (kind == ProfileFileKind::kCredentials || section == "default") return std::string(section);
  if (!section.starts_with(kPrefix) || section.size() == kPrefix.size()) return std::nullopt;
  section.remove_prefix(kPrefix.size());
  if (section.front() != ' ' && section.front() != '\t') return std::nullopt;
  return std::string(Trim(Trim(section), "\"'"));
}

// Removes a comment, which begins after a blank.
std::string_view ValueOf(std::string_view text) {
  for (const std::string_view comment : {" #", " ;", "\t#", "\t;"}) text = text.substr(0, text.find(comment));
  return Trim(text);
}

std::string FileNamed(const char* variable, const char* otherwise) {
  std::string file = EnvironmentOf(variable);
  if (!file.empty() && !file.starts_with("~/")) return file;
  const std::string home = EnvironmentOf("HOME");
  if (home.empty()) return {};
  return file.empty() ? home + otherwise : home + file.substr(1);
}

Result<Profiles> ReadProfiles(const std::string& file, ProfileFileKind kind) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) return Profiles();
  const auto text = io::ReadWholeFile(file, kLongestFile);
  if (!text) {
    return Fail(ErrorKind::kInvalidArgument, "cannot read the AWS profiles in {}: {}", file, text.error().message);
  }
  return ParseProfiles(*text, kind);
}

}  // namespace

Profiles ParseProfiles(std::string_view text, ProfileFileKind kind) {
  Profiles profiles;
  Profile* profile = nullptr;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == ' ' || line[0] == '\t') continue;
    if (line[0] == '[') {
      const auto name = ProfileName(line.substr(1, line.find(']') - 1), kind);
      profile = name ? &profiles[*name] : nullptr;
      continue;
    }
    const auto equals = line.find('=');
    if (profile == nullptr || equals == std::string_view::npos) continue;
    (*profile)[Lower(Trim(line.substr(0, equals)))] = ValueOf(line.substr(equals + 1));
  }
  return profiles;
}

std::string CurrentProfileName() {
  const std::string name = EnvironmentOf("AWS_PROFILE");
  return name.empty() ? "default" : name;
}

Result<std::optional<Profile>> LoadProfile(const std::string& name) {
  FRAZIL_ASSIGN_OR_RETURN(const Profiles config,
                          ReadProfiles(FileNamed("AWS_CONFIG_FILE", "/.aws/config"), ProfileFileKind::kConfig));
  FRAZIL_ASSIGN_OR_RETURN(
      const Profiles credentials,
      ReadProfiles(FileNamed("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"), ProfileFileKind::kCredentials));
  std::optional<Profile> profile;
  for (const Profiles* file : {&config, &credentials}) {
    const auto found = file->find(name);
    if (found == file->end()) continue;
    if (!profile) profile.emplace();
    for (const auto& [key, value] : found->second) (*profile)[key] = value;
  }
  return profile;
}

Result<std::string> RegionOf(const std::string& given, const std::string& profile) {
  if (!given.empty()) return given;
  if (profile.empty()) {
    for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      if (std::string region = EnvironmentOf(variable); !region.empty()) return region;
    }
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto found, LoadProfile(profile.empty() ? CurrentProfileName() : profile));
  if (found && found->contains("region")) return found->at("region");
  if (!profile.empty()) return RegionOf("", "");
  return std::string();
}

}  // namespace frazil::aws
