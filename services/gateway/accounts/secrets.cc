#include "accounts/secrets.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::gateway {
namespace {

constexpr mode_t kSecretMode = 0400;
constexpr mode_t kDirectoryMode = 0700;

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

absl::Status Fault(std::string_view what, const std::string& path) {
  return Unavailable(std::string(what) + " " + path + ": " + std::strerror(errno));
}

}  // namespace

std::string RandomHex(std::size_t bytes) {
  std::string random(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const ssize_t got = ::getrandom(random.data() + filled, bytes - filled, 0);
    EVX_CHECK(got >= 0 || errno == EINTR);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return ToHex(random);
}

std::string Sha256Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVX_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return ToHex({reinterpret_cast<const char*>(digest.data()), size});
}

bool SecretsEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::Status WriteSecretFile(const std::string& path, std::string_view content) {
  const std::string aside = path + ".new";
  ::unlink(aside.c_str());
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kSecretMode);
  if (file < 0) return Fault("cannot create", aside);
  const ssize_t written = ::write(file, content.data(), content.size());
  const bool is_synced = ::fsync(file) == 0;
  ::close(file);
  if (written != static_cast<ssize_t>(content.size()) || !is_synced) {
    return Fault("cannot write", aside);
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) return Fault("cannot rename to", path);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound("file " + path + " cannot be read");
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

absl::Status MakeSecretDirectory(const std::string& path) {
  std::error_code error;
  const std::filesystem::path above = std::filesystem::absolute(path, error).parent_path();
  std::filesystem::create_directories(above, error);
  if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return Fault("cannot create", path);
  }
  return absl::OkStatus();
}

}  // namespace evx::gateway
