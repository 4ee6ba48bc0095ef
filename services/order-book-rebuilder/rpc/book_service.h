#pragma once

#include <memory>

#include "evx/core/clock.h"
#include "live/live_door.h"
#include "store/rebuilt_books.h"

namespace grpc {
class Service;
}

namespace evx::order_book_rebuilder {

// evx.rebuild.v1.BookService. Books are answered at once; a stream is a reader of the first hub of
// `live` and has no thread of its own. The references outlive the server that the service is added
// to; once `live` has stopped, streams are UNAVAILABLE.
std::unique_ptr<grpc::Service> MakeBookService(const RebuiltBooks& books, const Clock& clock,
                                               LiveDoor& live);

}  // namespace evx::order_book_rebuilder
