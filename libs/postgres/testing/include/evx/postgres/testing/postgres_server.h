#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace evx::postgres::testing {

// A private PostgreSQL 15 on a free port of 127.0.0.1 with its data in a fresh directory, for tests
// with the real thing. Aborts when the server cannot be had: a test without it proves nothing.
//
// Runs as user postgres when the test runs as root. `durable` false (the default) turns fsync off:
// what the server acknowledged still survives Kill, because the machine goes on. Not thread-safe.
class PostgresServer {
 public:
  struct Options {
    bool durable = false;
    std::string settings;  // More of "-c name=value", separated by blanks.
  };

  PostgresServer() : PostgresServer(Options()) {}
  explicit PostgresServer(Options options);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Makes an empty database and returns its connection string.
  std::string CreateDatabase();

  // Starts a stopped server again, on the same port, and waits until it answers.
  void Start();
  // Fast shutdown: sessions are cut, data is flushed.
  void Stop();
  // kill -9 of the server; its sessions die with it.
  void Kill();
  bool running() const { return pid_ != 0; }
  std::uint16_t port() const { return port_; }

 private:
  std::string Url(const std::string& database) const;

  const Options options_;
  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
  int database_count_ = 0;
};

// One server for all tests of a program, started by the first that asks.
PostgresServer& SharedPostgres();

}  // namespace evx::postgres::testing
