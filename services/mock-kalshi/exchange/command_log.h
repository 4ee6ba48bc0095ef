#pragma once

#include "exchange/record.h"

namespace evx::mock_kalshi {

// With --log_level=debug, one log line for every durable command of a participant: who sent it,
// what it was, its sequence number and trace id. Costs nothing at other levels.
class CommandLog final : public RecordListener {
 public:
  void OnRecord(const ReleasedRecord& record) override;
};

}  // namespace evx::mock_kalshi
