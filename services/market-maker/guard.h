#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

namespace evx::market_maker {

// A small process that outlives the market maker: when its parent dies without saying goodbye, it
// triggers the parent's order group, which cancels every quote at once. It learns of the death by
// the end of a pipe, so nothing is polled. Signals that stop the parent do not stop it.
class Guard {
 public:
  // What the guard needs to act.
  struct Orders {
    std::string base_url;
    std::string key_id;
    std::string private_key_file;
    std::string order_group_id;
  };

  // Forks. To be called first in main, before any thread starts. Null when the fork fails.
  static std::unique_ptr<Guard> Start();
  // Without Disarm the guard triggers the group it was last told of.
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  void Arm(const Orders& orders);
  // The quotes are gone: the guard ends and does nothing.
  void Disarm();

 private:
  explicit Guard(int pipe, pid_t child) : pipe_(pipe), child_(child) {}
  int pipe_;
  pid_t child_;
};

}  // namespace evx::market_maker
