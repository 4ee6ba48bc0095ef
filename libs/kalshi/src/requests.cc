#include "evx/kalshi/requests.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "evx/core/status.h"
#include "evx/kalshi/number.h"
#include "request_reader.h"

namespace evx::kalshi {
namespace {

CreateOrderRequest ReadCreateOrder(RequestReader& reader) {
  CreateOrderRequest order;
  order.ticker = reader.Required("ticker", error::kMissingParameters);
  order.side = reader.RequiredWord<BookSide>("side");
  order.count = reader.RequiredCount("count");
  order.price = reader.RequiredPrice("price");
  order.time_in_force = reader.RequiredWord<TimeInForce>("time_in_force");
  order.self_trade_prevention =
      reader.RequiredWord<SelfTradePrevention>("self_trade_prevention_type");
  order.client_order_id = reader.ClientOrderId("client_order_id");
  order.expiration_time = reader.Seconds("expiration_time").value_or(Timestamp());
  order.post_only = reader.object().Flag("post_only");
  order.reduce_only = reader.object().Flag("reduce_only");
  order.cancel_order_on_pause = reader.object().Flag("cancel_order_on_pause");
  order.subaccount = reader.Subaccount();
  order.order_group_id = reader.object().NonEmpty("order_group_id");
  order.exchange_index = reader.ExchangeIndex();
  return order;
}

AmendOrderRequest ReadAmendOrder(RequestReader& reader) {
  AmendOrderRequest amend;
  amend.ticker = reader.Required("ticker", error::kMissingParameters);
  amend.side = reader.RequiredWord<BookSide>("side");
  amend.count = reader.RequiredCount("count");
  amend.price = reader.RequiredPrice("price");
  amend.client_order_id = reader.ClientOrderId("client_order_id");
  amend.updated_client_order_id = reader.ClientOrderId("updated_client_order_id");
  amend.exchange_index = reader.ExchangeIndex();
  if (const auto time = reader.Seconds("expiration_time")) {
    amend.expiration =
        *time ? AmendOrderRequest::Expiration::kSet : AmendOrderRequest::Expiration::kClear;
    amend.expiration_time = *time;
  }
  return amend;
}

DecreaseOrderRequest ReadDecreaseOrder(RequestReader& reader) {
  DecreaseOrderRequest decrease;
  decrease.reduce_by = reader.OptionalCount("reduce_by");
  decrease.reduce_to = reader.OptionalCount("reduce_to", /*zero=*/true);
  decrease.exchange_index = reader.ExchangeIndex();
  decrease.market_ticker = reader.object().NonEmpty("market_ticker");
  if (decrease.reduce_by.has_value() == decrease.reduce_to.has_value()) {
    reader.Refuse(error::kInvalidOrder, "reduce_by", "or reduce_to must be sent, and not both");
  }
  return decrease;
}

// contracts_limit as an integer, contracts_limit_fp as a decimal, equal when both are sent.
Quantity ReadContractsLimit(RequestReader& reader) {
  const auto whole = reader.object().Integer("contracts_limit");
  const auto text = reader.object().DecimalString("contracts_limit_fp");
  if (!whole && !text) {
    reader.Refuse(error::kMissingParameters, "contracts_limit", "is required");
    return Quantity();
  }
  // What is out of range reads as 0, which is refused.
  const Quantity from_text = text ? ParseCount(*text).value_or(Quantity()) : Quantity();
  const Quantity from_whole = whole && *whole > 0 && *whole <= kOrderGroupLimitMax.centis() / 100
                                  ? Quantity::FromContracts(*whole)
                                  : Quantity();
  if (whole && text && from_text != from_whole) {
    reader.Refuse(error::kInvalidParameters, "contracts_limit",
                  "and contracts_limit_fp must be equal");
  }
  const Quantity limit = whole ? from_whole : from_text;
  if (limit < Quantity::FromContracts(1) || limit > kOrderGroupLimitMax) {
    reader.Refuse(error::kInvalidParameters, "contracts_limit",
                  "must be from 1 to " + FormatCount(kOrderGroupLimitMax));
  }
  return limit;
}

std::string ReadKeyName(RequestReader& reader) {
  std::string name = reader.Required("name", error::kMissingParameters);
  if (name.size() > kApiKeyNameBytesMax) {
    reader.Refuse(error::kInvalidParameters, "name", "is too long");
  }
  return name;
}

// A key for a subtrader of a clearing member would be one without that bound here.
void RefuseSubtrader(RequestReader& reader) {
  if (reader.object().NonEmpty("fcm_subtrader_id")) {
    reader.Refuse(error::kInvalidParameters, "fcm_subtrader_id", "names nobody: there is no FCM");
  }
}

SubaccountTransferRequest ReadSubaccountTransfer(RequestReader& reader) {
  SubaccountTransferRequest transfer;
  const auto id = reader.Uuid("client_transfer_id");
  if (!id) reader.Refuse(error::kMissingParameters, "client_transfer_id", "is required");
  transfer.client_transfer_id = id.value_or("");
  transfer.from_subaccount = reader.RequiredSubaccount("from_subaccount");
  transfer.to_subaccount = reader.RequiredSubaccount("to_subaccount");
  if (transfer.from_subaccount == transfer.to_subaccount) {
    reader.Refuse(error::kInvalidParameters, "to_subaccount", "is the same as from_subaccount");
  }
  const auto cents = reader.object().Integer("amount_cents");
  if (!cents) {
    reader.Refuse(error::kMissingParameters, "amount_cents", "is required");
  } else if (const auto micros = TryMultiply(*cents, 10'000); *cents <= 0 || !micros) {
    reader.Refuse(error::kInvalidParameters, "amount_cents", "must be above 0");
  } else {
    transfer.amount = Money::FromMicros(*micros);
  }
  transfer.exchange_index = reader.ExchangeIndex();
  return transfer;
}

SubaccountPositionTransferRequest ReadPositionTransfer(RequestReader& reader) {
  SubaccountPositionTransferRequest transfer;
  const auto id = reader.Uuid("client_transfer_id");
  if (!id) reader.Refuse(error::kMissingParameters, "client_transfer_id", "is required");
  transfer.client_transfer_id = id.value_or("");
  transfer.from_subaccount = reader.RequiredSubaccount("from_subaccount");
  transfer.to_subaccount = reader.RequiredSubaccount("to_subaccount");
  if (transfer.from_subaccount == transfer.to_subaccount) {
    reader.Refuse(error::kInvalidParameters, "to_subaccount", "is the same as from_subaccount");
  }
  transfer.market_ticker = reader.Required("market_ticker", error::kMissingParameters);
  transfer.side = reader.RequiredWord<ContractSide>("side");
  const auto contracts = reader.object().Integer("count");
  if (!contracts || *contracts <= 0 || *contracts > kCountMax.centis() / 100) {
    reader.Refuse(error::kInvalidParameters, "count", "must be above 0");
  } else {
    transfer.count = Quantity::FromContracts(*contracts);
  }
  transfer.price = reader.RequiredPrice("price");
  return transfer;
}

IntraExchangeTransferRequest ReadIntraExchangeTransfer(RequestReader& reader) {
  IntraExchangeTransferRequest transfer;
  const auto instance = [&](std::string_view name) {
    const auto word = reader.object().String(name);
    const auto value = word ? FromWire<ExchangeInstance>(*word) : std::nullopt;
    if (!value) {
      reader.Refuse(error::kInvalidParameters, name, "must be event_contract or margined");
    }
    return value.value_or(ExchangeInstance::kEventContract);
  };
  const auto shard = [&](std::string_view name) {
    const std::int64_t index = reader.object().Integer(name).value_or(0);
    if (index < 0 || index > kExchangeIndexMax) {
      reader.Refuse(error::kInvalidParameters, name, "must be from 0 to 100");
    }
    return static_cast<std::int32_t>(index);
  };
  transfer.source = instance("source");
  transfer.destination = instance("destination");
  const auto centicents = reader.object().Integer("amount");
  const auto micros = TryMultiply(centicents.value_or(0), 100);
  if (!centicents) {
    reader.Refuse(error::kMissingParameters, "amount", "is required");
  } else if (!micros || *micros <= 0) {
    reader.Refuse(error::kInvalidParameters, "amount", "must be above 0");
  } else {
    transfer.amount = Money::FromMicros(*micros);
  }
  transfer.source_exchange_shard = shard("source_exchange_shard");
  transfer.destination_exchange_shard = shard("destination_exchange_shard");
  transfer.source_subaccount = reader.Subaccount("source_subaccount").value_or(0);
  transfer.destination_subaccount = reader.Subaccount("destination_subaccount").value_or(0);
  transfer.client_transfer_id = reader.Uuid("client_transfer_id");
  return transfer;
}

SetBalanceAllocationRequest ReadBalanceAllocation(RequestReader& reader) {
  SetBalanceAllocationRequest request;
  std::int64_t total = 0;
  const bool present =
      reader.object().Objects("allocations", kAllocationCountMax, [&](ObjectReader& object) {
        const auto index = object.Integer("exchange_index");
        const auto percent = object.Integer("percent");
        if (!index || !percent || *index < 0 || *index > kExchangeIndexMax || *percent < 0 ||
            *percent > 100) {
          reader.Refuse(error::kInvalidParameters, "allocations",
                        "must have an exchange_index and a percent from 0 to 100 each");
          return;
        }
        for (const BalanceAllocation& other : request.allocations) {
          if (other.exchange_index != *index) continue;
          reader.Refuse(error::kInvalidParameters, "allocations", "name an exchange_index twice");
        }
        total += *percent;
        request.allocations.push_back(
            {static_cast<std::int32_t>(*index), static_cast<std::int32_t>(*percent)});
      });
  if (!present) reader.Refuse(error::kMissingParameters, "allocations", "is required");
  if (!request.allocations.empty() && total != 100) {
    reader.Refuse(error::kInvalidParameters, "allocations", "must sum to 100 percent");
  }
  if (const auto word = reader.object().String("resting_margin_reservation")) {
    request.resting_margin_reservation = FromWire<RestingMarginReservation>(*word);
    if (!request.resting_margin_reservation) {
      reader.Refuse(error::kInvalidParameters, "resting_margin_reservation",
                    "must be max, sum or none");
    }
  }
  return request;
}

}  // namespace

bool IsClientOrderId(std::string_view text) {
  if (text.empty() || text.size() > kClientOrderIdBytesMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-_:+=/.").find(c) != std::string_view::npos;
  });
}

bool IsJsonContentType(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(ToAbsl(type)), "application/json");
}

Decoded<CreateOrderRequest> DecodeCreateOrder(std::string_view body) {
  return DecodeRequest<CreateOrderRequest>(body, ReadCreateOrder);
}

Decoded<BatchCreateOrdersRequest> DecodeBatchCreateOrders(std::string_view body) {
  return DecodeRequest<BatchCreateOrdersRequest>(body, [](RequestReader& reader) {
    return BatchCreateOrdersRequest{
        ReadBatch<CreateOrderRequest>(reader, "orders", ReadCreateOrder)};
  });
}

Decoded<BatchCancelOrdersRequest> DecodeBatchCancelOrders(std::string_view body) {
  return DecodeRequest<BatchCancelOrdersRequest>(body, [](RequestReader& reader) {
    BatchCancelOrdersRequest request;
    for (auto& item : ReadBatch<CancelOrderItem>(reader, "orders", ReadCancelOrderItem)) {
      // An item is an id and options; one that cannot be read spoils the request.
      if (item.ok()) {
        request.orders.push_back(*std::move(item));
      } else {
        reader.Refuse(error::kInvalidParameters, "orders", "are wrong: " + item.error().details);
      }
    }
    return request;
  });
}

Decoded<AmendOrderRequest> DecodeAmendOrder(std::string_view body) {
  return DecodeRequest<AmendOrderRequest>(body, ReadAmendOrder);
}

Decoded<DecreaseOrderRequest> DecodeDecreaseOrder(std::string_view body) {
  return DecodeRequest<DecreaseOrderRequest>(body, ReadDecreaseOrder);
}

Decoded<CreateOrderGroupRequest> DecodeCreateOrderGroup(std::string_view body) {
  return DecodeRequest<CreateOrderGroupRequest>(body, [](RequestReader& reader) {
    CreateOrderGroupRequest request;
    request.contracts_limit = ReadContractsLimit(reader);
    request.subaccount = reader.Subaccount();
    request.exchange_index = reader.ExchangeIndex();
    return request;
  });
}

Decoded<UpdateOrderGroupLimitRequest> DecodeUpdateOrderGroupLimit(std::string_view body) {
  return DecodeRequest<UpdateOrderGroupLimitRequest>(body, [](RequestReader& reader) {
    return UpdateOrderGroupLimitRequest{ReadContractsLimit(reader)};
  });
}

Decoded<CreateApiKeyRequest> DecodeCreateApiKey(std::string_view body) {
  return DecodeRequest<CreateApiKeyRequest>(body, [](RequestReader& reader) {
    CreateApiKeyRequest request;
    request.name = ReadKeyName(reader);
    request.public_key = reader.Required("public_key", error::kMissingParameters);
    request.scopes = reader.Scopes();
    request.subaccount = reader.Subaccount();
    RefuseSubtrader(reader);
    return request;
  });
}

Decoded<GenerateApiKeyRequest> DecodeGenerateApiKey(std::string_view body) {
  return DecodeRequest<GenerateApiKeyRequest>(body, [](RequestReader& reader) {
    GenerateApiKeyRequest request;
    request.name = ReadKeyName(reader);
    request.scopes = reader.Scopes();
    request.subaccount = reader.Subaccount();
    RefuseSubtrader(reader);
    if (const auto word = reader.object().NonEmpty("key_type")) {
      const auto type = FromWire<ApiKeyType>(*word);
      if (!type) reader.Refuse(error::kInvalidParameters, "key_type", "must be rsa or ed25519");
      request.key_type = type.value_or(ApiKeyType::kRsa);
    }
    return request;
  });
}

Decoded<CreateSubaccountRequest> DecodeCreateSubaccount(std::string_view body) {
  if (body.empty()) return CreateSubaccountRequest();
  return DecodeRequest<CreateSubaccountRequest>(
      body, [](RequestReader& reader) { return CreateSubaccountRequest{reader.ExchangeIndex()}; });
}

Decoded<SubaccountTransferRequest> DecodeSubaccountTransfer(std::string_view body) {
  return DecodeRequest<SubaccountTransferRequest>(body, ReadSubaccountTransfer);
}

Decoded<SubaccountPositionTransferRequest> DecodeSubaccountPositionTransfer(std::string_view body) {
  return DecodeRequest<SubaccountPositionTransferRequest>(body, ReadPositionTransfer);
}

Decoded<UpdateNettingRequest> DecodeUpdateNetting(std::string_view body) {
  return DecodeRequest<UpdateNettingRequest>(body, [](RequestReader& reader) {
    UpdateNettingRequest request;
    request.subaccount_number = reader.RequiredSubaccount("subaccount_number");
    const auto enabled = reader.object().Boolean("enabled");
    if (!enabled) reader.Refuse(error::kMissingParameters, "enabled", "is required");
    request.enabled = enabled.value_or(false);
    return request;
  });
}

Decoded<IntraExchangeTransferRequest> DecodeIntraExchangeTransfer(std::string_view body) {
  return DecodeRequest<IntraExchangeTransferRequest>(body, ReadIntraExchangeTransfer);
}

Decoded<SetBalanceAllocationRequest> DecodeSetBalanceAllocation(std::string_view body) {
  return DecodeRequest<SetBalanceAllocationRequest>(body, ReadBalanceAllocation);
}

std::optional<Error> CheckOptionalObject(std::string_view body) {
  if (body.empty()) return std::nullopt;
  const auto root = JsonDocument::Shared().ParseObject(body);
  if (root.ok()) return std::nullopt;
  return root.error();
}

}  // namespace evx::kalshi
