// usage: bare_send PORT CONNECTIONS FRAME_BYTES SECONDS
//
// What a fan-out costs without an exchange: one send() for each connection and batch of 16 frames,
// to a reader on 127.0.0.1:PORT. Prints frames for each CPU-second.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr int kFramesPerBatch = 16;

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("bare_send");
    std::exit(1);
  }
  return fd;
}

bool SendAll(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count =
        send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      pollfd waiting{fd, POLLOUT, 0};
      poll(&waiting, 1, 1'000);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: bare_send PORT CONNECTIONS FRAME_BYTES SECONDS\n");
    return 2;
  }
  std::vector<int> connections;
  for (int i = std::atoi(argv[2]); i > 0; --i) connections.push_back(Connect(std::atoi(argv[1])));
  const std::string batch(static_cast<std::size_t>(std::atoi(argv[3])) * kFramesPerBatch, 'x');
  const double end = Seconds(CLOCK_MONOTONIC) + std::atof(argv[4]);
  const double cpu_start = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  long frames = 0;
  while (Seconds(CLOCK_MONOTONIC) < end) {
    for (const int fd : connections) {
      if (!SendAll(fd, batch)) return 1;
      frames += kFramesPerBatch;
    }
  }
  std::printf("%.0f\n",
              static_cast<double>(frames) / (Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start));
  return 0;
}
