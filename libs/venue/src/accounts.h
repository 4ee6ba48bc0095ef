#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/core/hash.h"
#include "evx/core/ids.h"
#include "evx/venue/events.h"
#include "evx/venue/types.h"
#include "order_store.h"

namespace evx::venue {

struct AccountRecord {
  OrderList orders;
  std::uint32_t order_group_count = 0;
  bool disabled = false;
  UsageTier tier = UsageTier::kBasic;
  std::uint16_t key_count = 0;
  AccountId id;
  InlineString<64> name;
  std::int64_t balance_unit_micros = 100;
  std::string target_allocation_json;
};

// Who trades, and with which keys. Money is the ledger's.
class Accounts {
 public:
  static constexpr std::uint16_t kKeyCountMax = 1'000;  // Per account.
  static constexpr std::size_t kPublicKeySizeMax = 8 * 1024;
  static constexpr std::size_t kAllocationSizeMax = 64 * 1024;
  // For so long a client transfer id is refused a second time.
  static constexpr std::int64_t kTransferMemoryNanos = 30LL * 86'400 * 1'000'000'000;

  AccountRecord* Find(AccountId id) {
    return id.value() == 0 || id.value() > accounts_.size() ? nullptr : &accounts_[id.value() - 1];
  }
  // The account must exist.
  void Prefetch(AccountId id) const { __builtin_prefetch(&accounts_[id.value() - 1], 1); }
  AccountRecord& Add() {
    AccountRecord& record = accounts_.emplace_back();
    record.id = AccountId(static_cast<std::uint32_t>(accounts_.size()));
    return record;
  }
  const std::deque<AccountRecord>& accounts() const { return accounts_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(accounts_.size()); }

  // By key id, over all accounts.
  std::map<std::string, KeyRegistered, std::less<>>& keys() { return keys_; }
  const std::map<std::string, KeyRegistered, std::less<>>& keys() const { return keys_; }

  // Client transfer ids of the last thirty days.
  struct TransferKey {
    Timestamp time;
    AccountId account;
    std::string client_transfer_id;
  };
  bool HasTransfer(AccountId account, std::string_view client_transfer_id) const {
    return transfer_ids_.contains({account, std::string(client_transfer_id)});
  }
  void AddTransfer(const TransferKey& key) {
    while (!transfers_.empty() &&
           transfers_.front().time.nanos() + kTransferMemoryNanos <= key.time.nanos()) {
      transfer_ids_.erase({transfers_.front().account, transfers_.front().client_transfer_id});
      transfers_.pop_front();
    }
    transfers_.push_back(key);
    transfer_ids_.emplace(key.account, key.client_transfer_id);
  }
  const std::deque<TransferKey>& transfers() const { return transfers_; }

 private:
  std::deque<AccountRecord> accounts_;
  std::map<std::string, KeyRegistered, std::less<>> keys_;
  std::deque<TransferKey> transfers_;  // Oldest first.
  std::set<std::pair<AccountId, std::string>> transfer_ids_;
};

}  // namespace evx::venue
