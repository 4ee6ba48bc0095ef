#pragma once

#include <cstddef>
#include <vector>

#include "io_thread.h"

namespace evx::net {

// Takes connections off the listening socket on one I/O thread and deals them out in turn. Owns
// the socket.
class IoThread::Acceptor {
 public:
  Acceptor(IoThread& io, int listen_fd, bool is_ipv6, std::vector<IoThread*> targets);

  void Arm();
  // Tries again after the process had run out of descriptors or memory.
  void OnTick();
  void Close();

 private:
  void AcceptWaiting();
  void Refuse(int fd);

  IoThread& io_;
  Descriptor listener_;
  const bool is_ipv6_;
  const std::vector<IoThread*> targets_;
  std::size_t next_target_ = 0;
  bool backing_off_ = false;
};

}  // namespace evx::net
