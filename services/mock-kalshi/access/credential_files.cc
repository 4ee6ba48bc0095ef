#include "access/credential_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "evx/core/status.h"
#include "evx/kalshi/signing.h"

namespace evx::mock_kalshi {
namespace {

constexpr mode_t kSecretMode = 0400;
constexpr mode_t kDirectoryMode = 0700;

absl::Status Fault(std::string_view what, const std::string& path) {
  return Unavailable(std::string(what) + " " + path + ": " + std::strerror(errno) +
                     "; see --demo_key_dir");
}

// Written aside and renamed, so that no reader sees half a file and an old one is replaced whole.
absl::Status WriteFile(const std::string& path, std::string_view content) {
  const std::string aside = path + ".new";
  ::unlink(aside.c_str());
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kSecretMode);
  if (file < 0) return Fault("cannot create", aside);
  const ssize_t written = ::write(file, content.data(), content.size());
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (written != static_cast<ssize_t>(content.size()) || !synced) {
    return Fault("cannot write", aside);
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) return Fault("cannot rename to", path);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return NotFound("no file " + path);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

nlohmann::json ToJson(const DemoCredentials& credentials) {
  return {{"key_id", credentials.key_id}, {"private_key_path", credentials.private_key_path}};
}

}  // namespace

absl::StatusOr<CredentialFiles> CredentialFiles::Open(const std::string& directory) {
  if (directory.empty()) return CredentialFiles("");
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(directory, error);
  if (!path.parent_path().empty()) std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return Fault("cannot create", path.string());
  }
  return CredentialFiles(path.lexically_normal().string());
}

std::string CredentialFiles::PathOf(std::string_view name, std::string_view extension) const {
  return (std::filesystem::path(directory_) / (std::string(name) + std::string(extension)))
      .string();
}

absl::StatusOr<DemoCredentials> CredentialFiles::Load(std::string_view name) const {
  EVX_ASSIGN_OR_RETURN(const std::string text, ReadFile(PathOf(name, ".json")));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("key_id") || !json["key_id"].is_string()) {
    return InvalidArgument("no credentials in " + PathOf(name, ".json"));
  }
  DemoCredentials credentials;
  credentials.name = name;
  credentials.key_id = json["key_id"].get<std::string>();
  credentials.private_key_path = PathOf(name, ".pem");
  EVX_ASSIGN_OR_RETURN(credentials.private_key_pem, ReadFile(credentials.private_key_path));
  return credentials;
}

absl::StatusOr<DemoCredentials> CredentialFiles::LoadOrCreate(std::string_view name,
                                                              kalshi::ApiKeyType type) {
  if (!directory_.empty()) {
    auto known = Load(name);
    if (known.ok() && kalshi::PrivateKey::FromPem(known->private_key_pem).ok()) return known;
  }
  EVX_ASSIGN_OR_RETURN(const kalshi::PrivateKey key, kalshi::PrivateKey::Generate(type));
  DemoCredentials credentials{std::string(name), kalshi::NewKeyId(), key.ToPem(), ""};
  if (directory_.empty()) return credentials;
  credentials.private_key_path = PathOf(name, ".pem");
  EVX_RETURN_IF_ERROR(WriteFile(credentials.private_key_path, credentials.private_key_pem));
  EVX_RETURN_IF_ERROR(WriteFile(PathOf(name, ".json"), ToJson(credentials).dump(2) + "\n"));
  return credentials;
}

absl::Status CredentialFiles::WriteGroup(std::string_view name,
                                         const std::vector<DemoCredentials>& members) {
  if (directory_.empty() || members.empty()) return absl::OkStatus();
  nlohmann::json group = ToJson(members.front());
  for (const DemoCredentials& member : members) group["accounts"].push_back(ToJson(member));
  return WriteFile(PathOf(name, ".json"), group.dump(2) + "\n");
}

}  // namespace evx::mock_kalshi
