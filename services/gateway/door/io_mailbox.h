#pragma once

#include <functional>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "evx/net/http_server.h"

namespace evx::gateway {

// The way to the I/O thread, for whoever may outlive the server. Thread-safe.
class IoMailbox {
 public:
  // As soon as the server has started. It must outlive Detach.
  void Attach(net::HttpServer& server) {
    const std::lock_guard lock(mutex_);
    server_ = &server;
  }
  // Nothing is posted any more.
  void Detach() {
    const std::lock_guard lock(mutex_);
    server_ = nullptr;
  }
  // False: there is no server, and the task is dropped.
  bool Post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (server_ == nullptr) return false;
    server_->PostToThread(0, std::move(task));
    return true;
  }

 private:
  std::mutex mutex_;
  net::HttpServer* server_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace evx::gateway
