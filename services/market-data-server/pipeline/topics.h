#pragma once

#include "evx/market_data/topic.h"

namespace evx::market_data {

// Where a message of this service goes: "evx.md.book.v1".
const char* TopicName(Topic topic);

}  // namespace evx::market_data
