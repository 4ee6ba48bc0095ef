#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "evx/gateway/v1/requests.pb.h"
#include "evx/gateway/v1/system_views.pb.h"
#include "evx/rebuild/v1/replay_service.pb.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// The player of recordings in order-book-rebuilder: its buttons, and where it stands as the stream
// `player`, asked four times a second. Thread-safe; the calls wait for the rebuilder.
class ReplayControl {
 public:
  // Another film begins, or another moment of it: what was told of replays is gone.
  using OnMoved = std::function<void()>;

  // The references must outlive it.
  static absl::StatusOr<std::unique_ptr<ReplayControl>> Start(const std::string& books_addr,
                                                              StreamPublisher& publisher,
                                                              OnMoved on_moved);
  ~ReplayControl();

  // Open and Control: one at a time. The player as the call left it. Its books and trades go into
  // the topics of replays.
  absl::StatusOr<v1::Player> Open(const v1::OpenReplay& request);
  // INVALID_ARGUMENT: nothing is asked for.
  absl::StatusOr<v1::Player> Control(const v1::ControlReplay& request);

 private:
  struct Stub;
  ReplayControl(std::unique_ptr<Stub> stub, StreamPublisher& publisher, OnMoved on_moved);
  void Run();
  v1::Player Ask();
  // After a refusal: the film stays, and what was told of it is gone, so it shows its books anew.
  void ShowAgain();
  // After a press.
  void Tell(const v1::Player& player);
  void TellIfChanged(const v1::Player& player) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<Stub> stub_;
  StreamPublisher& publisher_;
  const OnMoved on_moved_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t press_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string told_ ABSL_GUARDED_BY(mutex_);  // The player as it was told last.
  std::thread thread_;
};

// The film as a browser sees it.
v1::Player ToPlayer(const rebuild::v1::Replay& replay);

}  // namespace evx::gateway
