#pragma once

#include <memory>

#include "evx/rebuild/v1/replay_service.grpc.pb.h"
#include "replay/replay_door.h"

namespace evx::order_book_rebuilder {

// evx.rebuild.v1.ReplayService: calls are commands to the film, and are answered from its thread.
// No call has a thread of its own. A `door` that is null plays nothing: every call is
// FAILED_PRECONDITION then. The door outlives the server that the service is added to; it may stop
// before, and answers the calls that wait for it.
std::unique_ptr<grpc::Service> MakeReplayService(ReplayDoor* door);

}  // namespace evx::order_book_rebuilder
