#include "doors/stored_venue.h"

#include <cstdlib>
#include <utility>

#include "evx/core/check.h"
#include "evx/kalshi/signing.h"

namespace evx::load {

StoredVenue::StoredVenue(int trader_count) {
  config_.data_dir = directory_.path();
  config_.grpc_port = config_.operator_grpc_port = 0;
  config_.fix_nr_port = config_.fix_rt_port = config_.fix_dc_port = 0;
  config_.fix_md_port = config_.fix_pt_port = 0;
  auto host = mock_kalshi::ExchangeHost::Start(
      config_, {clock_, [](const absl::Status&) { std::abort(); }, {}},
      {&grpc_feed_.listener(), &fix_feed_});
  EVX_CHECK(host.ok());
  host_ = *std::move(host);
  AddMarket();
  for (int i = 0; i < trader_count; ++i) AddTrader(i);
  auto grpc = mock_kalshi::GrpcDoor::Start(config_, host_->context(), host_->clock(), grpc_feed_);
  auto fix = mock_kalshi::FixDoor::Start(config_, host_->context(), fix_feed_);
  EVX_CHECK(grpc.ok() && fix.ok());
  grpc_ = *std::move(grpc);
  fix_ = *std::move(fix);
}

StoredVenue::~StoredVenue() {
  grpc_->Drain(absl::Seconds(1));
  fix_->Drain(absl::Seconds(1));
  host_->Stop();
}

void StoredVenue::AddMarket() {
  auto& sequencer = host_->sequencer();
  venue::PutSeries series;
  series.ticker = venue::Ticker("BENCH");
  venue::PutEvent event;
  event.ticker = venue::Ticker("BENCH-DOORS");
  event.series = sequencer.Execute(series).result.series;
  venue::PutMarket market;
  market.ticker = venue::Ticker(kTicker);
  market.event = sequencer.Execute(event).result.event;
  market.price_level_structure = InlineString<40>("linear_cent");
  market.open_time = clock_.Now();
  market.close_time = clock_.Now() + absl::Hours(24);
  EVX_CHECK(!sequencer.Execute(market).result.reject);
}

void StoredVenue::AddTrader(int number) {
  auto& sequencer = host_->sequencer();
  venue::OpenAccount open;
  open.name = InlineString<64>("bench-" + std::to_string(number));
  open.tier = venue::UsageTier::kUnlimited;
  const AccountId account = sequencer.Execute(open).result.account;
  sequencer.Execute(venue::Deposit{account, 0, Money::FromDollars(100'000'000)});
  auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  EVX_CHECK(key.ok());
  venue::RegisterKey registration;
  registration.account = account;
  const std::string key_id = kalshi::NewKeyId();
  registration.key_id = venue::UuidText(key_id);
  registration.public_key_pem = key->public_key().ToPem();
  EVX_CHECK(!sequencer.Execute(registration).result.reject);
  traders_.push_back({key_id, *std::move(key)});
}

}  // namespace evx::load
