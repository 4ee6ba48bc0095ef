#pragma once

#include <cstddef>

#include "evx/rebuild/v1/book_service.pb.h"
#include "live/book_feed.h"
#include "store/rebuilt_books.h"

// Books as messages of proto/evx/rebuild/v1/book_service.proto.

namespace evx::order_book_rebuilder {

void Fill(const BookView& view, rebuild::v1::Book& out);
// `view` with the best levels at least.
void FillTop(const BookView& view, rebuild::v1::TopOfBook& out);
void Fill(const BookChange& change, rebuild::v1::BookChange& out);
// Not kBook.
rebuild::v1::MissingReason ToWire(BookPresence presence);

}  // namespace evx::order_book_rebuilder
