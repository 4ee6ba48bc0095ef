#include "tool/live_state.h"

#include <charconv>
#include <fstream>
#include <iterator>

#include "evx/core/clock.h"
#include "evx/core/status.h"
#include "evx/kalshi/signing.h"
#include "evx/kalshi_client/credentials.h"
#include "evx/ops/v1/operator_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = evx::ops::v1;

constexpr absl::Duration kTimeout = absl::Seconds(60);

absl::StatusOr<kalshi::PrivateKey> ReadKey(const std::string& path) {
  std::ifstream file(path);
  if (!file) return InvalidArgument("cannot read " + path);
  const std::string pem((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return kalshi::PrivateKey::FromPem(pem);
}

}  // namespace

absl::StatusOr<LiveState> ReadLiveState(const std::string& address,
                                        const std::string& credentials_file) {
  EVX_ASSIGN_OR_RETURN(const kalshi_client::Credentials credentials,
                       kalshi_client::ReadCredentials(credentials_file));
  EVX_ASSIGN_OR_RETURN(const kalshi::PrivateKey key, ReadKey(credentials.private_key_path));
  rpc::ChannelOptions options;
  options.address = address;
  EVX_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel(options));
  const kalshi::RequestSignature signature =
      kalshi::SignRequest(key, credentials.key_id, SystemClock().Now(), "POST",
                          "/evx.ops.v1.OperatorService/GetStateHash");
  grpc::ClientContext call;
  call.AddMetadata("kalshi-access-key", signature.key_id);
  call.AddMetadata("kalshi-access-timestamp", signature.timestamp_ms);
  call.AddMetadata("kalshi-access-signature", signature.signature);
  rpc::SetDeadline(call, kTimeout);
  pb::GetStateHashResponse response;
  EVX_RETURN_IF_ERROR(
      rpc::FromGrpc(pb::OperatorService::NewStub(channel)->GetStateHash(&call, {}, &response)));
  LiveState state;
  state.sequence_number = SequenceNumber(static_cast<std::uint64_t>(response.sequence_number()));
  const std::string& hash = response.state_hash();
  const auto [end, error] =
      std::from_chars(hash.data(), hash.data() + hash.size(), state.state_hash, 16);
  if (error == std::errc() && end == hash.data() + hash.size()) return state;
  return Internal("the exchange answers with state hash \"" + hash + "\"");
}

}  // namespace evx::mock_kalshi
