#pragma once

#include <sys/types.h>

#include <string>

#include "evx/redis/client.h"

namespace evx::redis::testing {

// A private Redis on a free port of 127.0.0.1 with a password and its data in a fresh directory,
// for tests with the real thing. Aborts when it cannot be had. Not thread-safe.
class RedisServer {
 public:
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const Address& address() const { return address_; }

  // Starts a killed server again, on the same port, and waits until it answers.
  void Start();
  // kill -9.
  void Kill();
  // It keeps its connections and does nothing.
  void Pause();
  void Resume();

 private:
  std::string directory_;
  Address address_;
  pid_t pid_ = 0;
};

}  // namespace evx::redis::testing
