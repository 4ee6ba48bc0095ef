#pragma once

namespace evx::service {

// What the gRPC library logs becomes lines of our log, rate-limited, as warnings at most: a broken
// connection is no reason to wake someone. Idempotent.
void SendGrpcLogToOurs();

}  // namespace evx::service
