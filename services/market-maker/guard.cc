#include "guard.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "evx/core/clock.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "evx/telemetry/log.h"

namespace evx::market_maker {
namespace {

// One message: a letter, then for 'A' (arm) four fields, each behind a zero byte; ends with '\n'.
constexpr char kArm = 'A';
constexpr char kDisarm = 'D';

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::optional<Guard::Orders> ParseArm(std::string_view message) {
  std::string fields[4];
  std::size_t count = 0;
  message.remove_prefix(1);
  while (!message.empty() && count < 4) {
    message.remove_prefix(1);  // The zero byte.
    const std::size_t end = message.find('\0');
    fields[count++] = std::string(message.substr(0, end));
    message = end == std::string_view::npos ? std::string_view() : message.substr(end);
  }
  if (count != 4) return std::nullopt;
  return Guard::Orders{fields[0], fields[1], fields[2], fields[3]};
}

void Trigger(const Guard::Orders& orders) {
  const SystemClock clock;
  kalshi_client::KalshiClient::Options options;
  options.base_url = orders.base_url;
  options.key_id = orders.key_id;
  options.private_key_file = orders.private_key_file;
  options.connect_timeout = absl::Seconds(1);
  options.response_timeout = absl::Seconds(2);
  const auto client = kalshi_client::KalshiClient::Create(options, clock);
  absl::Status status = client.status();
  if (client.ok()) status = (*client)->TriggerOrderGroup(orders.order_group_id);
  telemetry::Log(status.ok() ? telemetry::kWarning : telemetry::kError,
                 "Guard pulled the quotes of a market maker that died.",
                 {{"order_group_id", orders.order_group_id}, {"status", status}});
}

// The life of the guard process. Returns when its work is done.
void Watch(int fd) {
  std::optional<Guard::Orders> orders;
  std::string pending;
  char buffer[4096];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;  // The parent is gone.
    pending.append(buffer, static_cast<std::size_t>(size));
    std::size_t end;
    while ((end = pending.find('\n')) != std::string::npos) {
      const std::string message = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (message.starts_with(kDisarm)) return;
      if (message.starts_with(kArm)) orders = ParseArm(message);
    }
  }
  if (orders) Trigger(*orders);
}

}  // namespace

std::unique_ptr<Guard> Guard::Start() {
  int ends[2];
  if (pipe(ends) != 0) return nullptr;
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return nullptr;
  }
  if (child > 0) {
    close(ends[0]);
    return std::unique_ptr<Guard>(new Guard(ends[1], child));
  }
  close(ends[1]);
  // A supervisor that stops the whole group means the parent; the guard stays for it.
  for (const int signal_number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) {
    std::signal(signal_number, SIG_IGN);
  }
  prctl(PR_SET_NAME, "mm-guard");
  setsid();
  telemetry::InitLogging({.service = "market-maker"});
  Watch(ends[0]);
  _exit(EXIT_SUCCESS);
}

Guard::~Guard() { close(pipe_); }

void Guard::Arm(const Orders& orders) {
  std::string message(1, kArm);
  for (const std::string* field :
       {&orders.base_url, &orders.key_id, &orders.private_key_file, &orders.order_group_id}) {
    message.push_back('\0');
    message.append(*field);
  }
  message.push_back('\n');
  WriteAll(pipe_, message);
}

void Guard::Disarm() {
  WriteAll(pipe_, std::string{kDisarm, '\n'});
  int status = 0;
  while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace evx::market_maker
