-- What the exchange keeps beyond its live state: history for reads, the double-entry ledger, the
-- catalogue with its changes, and the curves of balance and position value.
--
-- Written by one follower of the journal, in batches; each transaction holds the rows of some
-- records and the follower's new place, so every record is in here exactly once. The journal is the
-- truth: dropping this schema loses history older than the journal, never state.
--
-- Units, named by suffix: _micros = micro-dollars, _centis = hundredths of a contract, _ns =
-- nanoseconds since 1970 UTC (0: never). Enumerators are stored by number; exchange.enum_names has
-- their names. Prices are YES prices. There are no foreign keys: rows come from events that were
-- checked when they were made, and every key would be looked up once more for each row.

-- Where the follower is. One row.
CREATE TABLE exchange.follower (
  name TEXT PRIMARY KEY,
  journal_id BIGINT NOT NULL,             -- Of which journal these rows are.
  sequence_number BIGINT NOT NULL,        -- Last record stored.
  time_ns BIGINT NOT NULL,                -- Of that record.
  base_sequence_number BIGINT NOT NULL,   -- History starts behind this record; 0: from the first.
  mark_time_ns BIGINT NOT NULL DEFAULT 0  -- Last minute of exchange.marks.
);

CREATE TABLE exchange.enum_names (
  enum TEXT NOT NULL,
  value SMALLINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (enum, value)
);
INSERT INTO exchange.enum_names (enum, value, name) VALUES
  ('book_side', 0, 'bid'), ('book_side', 1, 'ask'),
  ('order_status', 0, 'resting'), ('order_status', 1, 'executed'), ('order_status', 2, 'canceled'),
  ('market_status', 0, 'initialized'), ('market_status', 1, 'active'),
  ('market_status', 2, 'inactive'), ('market_status', 3, 'closed'),
  ('market_status', 4, 'determined'), ('market_status', 5, 'disputed'),
  ('market_status', 6, 'amended'), ('market_status', 7, 'finalized'),
  ('market_result', 0, 'none'), ('market_result', 1, 'yes'), ('market_result', 2, 'no'),
  ('market_result', 3, 'scalar'),
  ('transfer_kind', 0, 'deposit'), ('transfer_kind', 1, 'withdrawal'),
  ('transfer_kind', 2, 'between_subaccounts'),
  ('posting_kind', 0, 'deposit'), ('posting_kind', 1, 'withdrawal'),
  ('posting_kind', 2, 'transfer_in'), ('posting_kind', 3, 'transfer_out'),
  ('posting_kind', 4, 'trade'), ('posting_kind', 5, 'fee'),
  ('posting_kind', 6, 'collateral_return'), ('posting_kind', 7, 'settlement'),
  ('posting_kind', 8, 'reversal'), ('posting_kind', 100, 'opening');

-- Accounts -----------------------------------------------------------------------------------------

CREATE TABLE exchange.accounts (
  account_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  balance_unit_micros BIGINT NOT NULL,
  usage_tier SMALLINT NOT NULL,
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  target_balance_allocation TEXT NOT NULL DEFAULT '',
  open_time_ns BIGINT NOT NULL,
  update_time_ns BIGINT NOT NULL
);

CREATE TABLE exchange.subaccounts (
  account_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  netting_enabled BOOLEAN NOT NULL DEFAULT FALSE,
  cash_micros BIGINT NOT NULL DEFAULT 0,
  hold_micros BIGINT NOT NULL DEFAULT 0,
  update_time_ns BIGINT NOT NULL,
  -- As in its last row of exchange.marks.
  mark_cash_micros BIGINT NOT NULL DEFAULT 0,
  mark_position_value_micros BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, subaccount)
) WITH (fillfactor = 70);

CREATE TABLE exchange.api_keys (
  key_id TEXT PRIMARY KEY,
  account_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  public_key_pem TEXT NOT NULL,
  scopes INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,       -- -1: not locked to one.
  register_time_ns BIGINT NOT NULL,
  revoke_time_ns BIGINT NOT NULL DEFAULT 0
);

-- Ledger -------------------------------------------------------------------------------------------
-- Double entry: entries of one record with lines 2k and 2k+1 are one posting and sum to zero, so
-- does the whole table. The balance of a subaccount's ledger account is its cash.

CREATE TABLE exchange.ledger_accounts (
  ledger_account_id BIGINT PRIMARY KEY,
  -- 'cash' of a subaccount; 'escrow' of a market: what its contracts may pay out; one each of
  -- 'fees', 'outside' (deposits, withdrawals), 'transit' (between subaccounts), 'collateral_return'
  -- (payouts of exclusive events given ahead) and 'opening' (cash from before the history).
  kind TEXT NOT NULL,
  account_id INTEGER,
  subaccount SMALLINT,
  market_id INTEGER
);
INSERT INTO exchange.ledger_accounts (ledger_account_id, kind) VALUES
  (-1, 'fees'), (-2, 'outside'), (-3, 'transit'), (-4, 'collateral_return'), (-5, 'opening');

CREATE TABLE exchange.ledger_entries (
  sequence_number BIGINT NOT NULL,
  line INTEGER NOT NULL,
  ledger_account_id BIGINT NOT NULL,
  posting_kind SMALLINT NOT NULL,
  amount_micros BIGINT NOT NULL,      -- Positive raises the account.
  market_id INTEGER NOT NULL,         -- 0: none.
  reference BIGINT NOT NULL,          -- Trade or transfer; 0: none.
  time_ns BIGINT NOT NULL,
  PRIMARY KEY (sequence_number, line)
);
CREATE INDEX ledger_entries_by_account
  ON exchange.ledger_entries (ledger_account_id, sequence_number);

CREATE TABLE exchange.transfers (
  transfer_id BIGINT PRIMARY KEY,
  transfer_kind SMALLINT NOT NULL,
  account_id INTEGER NOT NULL,
  from_subaccount SMALLINT NOT NULL,
  to_subaccount SMALLINT NOT NULL,
  amount_micros BIGINT NOT NULL,
  client_transfer_id TEXT NOT NULL,
  time_ns BIGINT NOT NULL,
  sequence_number BIGINT NOT NULL
);
CREATE INDEX transfers_by_account ON exchange.transfers (account_id, transfer_kind, transfer_id);

-- Cash and position value (at best bid) by minute, a row where one of them changed since the row
-- before: the source of every equity curve.
CREATE TABLE exchange.marks (
  account_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  time_ns BIGINT NOT NULL,            -- End of the minute.
  cash_micros BIGINT NOT NULL,
  position_value_micros BIGINT NOT NULL,
  PRIMARY KEY (account_id, subaccount, time_ns)
);

-- Trading ------------------------------------------------------------------------------------------

-- Also those that rest in the book. Inserted when accepted, then updated at most once per batch.
CREATE TABLE exchange.orders (
  order_id BIGINT PRIMARY KEY,
  account_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  market_id INTEGER NOT NULL,
  book_side SMALLINT NOT NULL,
  time_in_force SMALLINT NOT NULL,
  self_trade_prevention SMALLINT NOT NULL,
  post_only BOOLEAN NOT NULL,
  reduce_only BOOLEAN NOT NULL,
  cancel_on_pause BOOLEAN NOT NULL,
  order_status SMALLINT NOT NULL,
  cancel_reason SMALLINT NOT NULL,
  price_micros BIGINT NOT NULL,
  initial_quantity_centis BIGINT NOT NULL,
  filled_quantity_centis BIGINT NOT NULL,
  remaining_quantity_centis BIGINT NOT NULL,
  taker_fill_cost_micros BIGINT NOT NULL,
  maker_fill_cost_micros BIGINT NOT NULL,
  taker_fees_micros BIGINT NOT NULL,
  maker_fees_micros BIGINT NOT NULL,
  expiration_time_ns BIGINT NOT NULL,
  order_group_id BIGINT NOT NULL,
  client_order_id TEXT NOT NULL,
  create_time_ns BIGINT NOT NULL,
  update_time_ns BIGINT NOT NULL,
  sequence_number BIGINT NOT NULL     -- Of the last change.
) WITH (fillfactor = 80);
CREATE INDEX orders_finished ON exchange.orders (account_id, order_id) WHERE order_status <> 0;
CREATE INDEX orders_resting ON exchange.orders (market_id) WHERE order_status = 0;

CREATE TABLE exchange.trades (
  trade_id BIGINT PRIMARY KEY,
  market_id INTEGER NOT NULL,
  price_micros BIGINT NOT NULL,
  quantity_centis BIGINT NOT NULL,
  taker_side SMALLINT NOT NULL,
  taker_order_id BIGINT NOT NULL,
  maker_order_id BIGINT NOT NULL,
  busted BOOLEAN NOT NULL,
  time_ns BIGINT NOT NULL,
  sequence_number BIGINT NOT NULL
);
CREATE INDEX trades_by_market ON exchange.trades (market_id, trade_id);
CREATE INDEX trades_by_time ON exchange.trades USING brin (time_ns);

CREATE TABLE exchange.fills (
  trade_id BIGINT NOT NULL,
  is_taker BOOLEAN NOT NULL,
  order_id BIGINT NOT NULL,
  account_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  market_id INTEGER NOT NULL,
  book_side SMALLINT NOT NULL,
  price_micros BIGINT NOT NULL,
  quantity_centis BIGINT NOT NULL,
  fee_micros BIGINT NOT NULL,
  time_ns BIGINT NOT NULL,
  sequence_number BIGINT NOT NULL,
  PRIMARY KEY (trade_id, is_taker)
);
CREATE INDEX fills_by_account ON exchange.fills (account_id, trade_id);
CREATE INDEX fills_by_order ON exchange.fills (order_id);
CREATE INDEX fills_by_time ON exchange.fills USING brin (time_ns);

CREATE TABLE exchange.positions (
  account_id INTEGER NOT NULL,
  market_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  position_centis BIGINT NOT NULL,    -- YES positive, NO negative.
  exposure_micros BIGINT NOT NULL,
  realized_pnl_micros BIGINT NOT NULL,
  fees_paid_micros BIGINT NOT NULL,
  total_traded_micros BIGINT NOT NULL,
  update_time_ns BIGINT NOT NULL,
  close_time_ns BIGINT NOT NULL DEFAULT 0,           -- When its market was finalized.
  close_sequence_number BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, market_id, subaccount)
) WITH (fillfactor = 70);
CREATE INDEX positions_open ON exchange.positions (market_id) WHERE close_time_ns = 0;

CREATE TABLE exchange.settlements (
  settlement_id BIGINT PRIMARY KEY,
  account_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  market_id INTEGER NOT NULL,
  market_result SMALLINT NOT NULL,
  settlement_value_micros BIGINT NOT NULL,
  position_centis BIGINT NOT NULL,
  yes_cost_micros BIGINT NOT NULL,
  no_cost_micros BIGINT NOT NULL,
  revenue_micros BIGINT NOT NULL,
  fee_micros BIGINT NOT NULL,
  time_ns BIGINT NOT NULL,
  sequence_number BIGINT NOT NULL
);
CREATE INDEX settlements_by_account ON exchange.settlements (account_id, settlement_id);

-- Periods of 1, 60 and 1440 minutes in which something changed; readers fill the rest with the last
-- values before them.
CREATE TABLE exchange.candles (
  market_id INTEGER NOT NULL,
  period_minutes INTEGER NOT NULL,
  end_period_seconds BIGINT NOT NULL,  -- Inclusive.
  bid_open_micros BIGINT NOT NULL,
  bid_high_micros BIGINT NOT NULL,
  bid_low_micros BIGINT NOT NULL,
  bid_close_micros BIGINT NOT NULL,
  ask_open_micros BIGINT NOT NULL,
  ask_high_micros BIGINT NOT NULL,
  ask_low_micros BIGINT NOT NULL,
  ask_close_micros BIGINT NOT NULL,
  trade_open_micros BIGINT,            -- NULL: nothing traded.
  trade_high_micros BIGINT,
  trade_low_micros BIGINT,
  trade_close_micros BIGINT,
  trade_value_micros BIGINT NOT NULL,
  previous_micros BIGINT,              -- Last trade before the period.
  volume_centis BIGINT NOT NULL,
  open_interest_centis BIGINT NOT NULL,
  PRIMARY KEY (market_id, period_minutes, end_period_seconds)
) WITH (fillfactor = 70);

-- Catalogue ----------------------------------------------------------------------------------------

CREATE TABLE exchange.series (
  series_id INTEGER PRIMARY KEY,
  ticker TEXT NOT NULL UNIQUE,
  fee_type SMALLINT NOT NULL,
  fee_multiplier_millionths BIGINT NOT NULL,
  facts TEXT NOT NULL,                 -- JSON.
  update_time_ns BIGINT NOT NULL
);

CREATE TABLE exchange.events (
  event_id INTEGER PRIMARY KEY,
  ticker TEXT NOT NULL UNIQUE,
  series_id INTEGER NOT NULL,
  mutually_exclusive BOOLEAN NOT NULL,
  collateral_return SMALLINT NOT NULL,
  fee_override_type SMALLINT,          -- NULL: the series' fees apply.
  fee_override_multiplier_millionths BIGINT,
  facts TEXT NOT NULL,
  update_time_ns BIGINT NOT NULL
);
CREATE INDEX events_by_series ON exchange.events (series_id);

CREATE TABLE exchange.markets (
  market_id INTEGER PRIMARY KEY,
  ticker TEXT NOT NULL UNIQUE,
  event_id INTEGER NOT NULL,
  price_level_structure TEXT NOT NULL,
  market_status SMALLINT NOT NULL,
  open_time_ns BIGINT NOT NULL,
  close_time_ns BIGINT NOT NULL,
  settlement_timer_seconds BIGINT NOT NULL,
  can_close_early BOOLEAN NOT NULL,
  fee_waiver_expiration_time_ns BIGINT NOT NULL,
  facts TEXT NOT NULL,
  market_result SMALLINT NOT NULL DEFAULT 0,
  settlement_value_micros BIGINT NOT NULL DEFAULT 0,
  expiration_value TEXT NOT NULL DEFAULT '',
  create_time_ns BIGINT NOT NULL,
  update_time_ns BIGINT NOT NULL,
  determination_time_ns BIGINT NOT NULL DEFAULT 0,
  settlement_time_ns BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
CREATE INDEX markets_by_event ON exchange.markets (event_id);

-- Every change of the catalogue and of the lifecycle, in order.
CREATE TABLE exchange.catalogue_history (
  sequence_number BIGINT NOT NULL,
  line INTEGER NOT NULL,
  time_ns BIGINT NOT NULL,
  change TEXT NOT NULL,                -- Name of the event: SeriesPut, MarketStatusChanged, ...
  series_id INTEGER NOT NULL,          -- 0: not about one.
  event_id INTEGER NOT NULL,
  market_id INTEGER NOT NULL,
  details TEXT NOT NULL,               -- The event as text, all of its fields.
  PRIMARY KEY (sequence_number, line)
);
CREATE INDEX catalogue_history_by_market
  ON exchange.catalogue_history (market_id, sequence_number) WHERE market_id <> 0;
