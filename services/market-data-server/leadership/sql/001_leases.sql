-- Which market-data-server publishes: one row for each --publisher_id. libs/postgres/lease.h says
-- what the columns mean.

CREATE TABLE market_data.leases (
  resource TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  expires_time TIMESTAMPTZ NOT NULL,
  waiting_until TIMESTAMPTZ NOT NULL
);
