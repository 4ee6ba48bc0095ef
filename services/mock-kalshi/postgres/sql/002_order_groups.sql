-- Order groups with their history. Units and conventions as in 001_exchange.sql.

CREATE TABLE exchange.order_groups (
  order_group_id BIGINT PRIMARY KEY,
  account_id INTEGER NOT NULL,
  subaccount SMALLINT NOT NULL,
  limit_centis BIGINT NOT NULL,        -- Contracts that may fill within 15 seconds.
  triggered BOOLEAN NOT NULL,
  create_time_ns BIGINT NOT NULL,
  update_time_ns BIGINT NOT NULL,
  delete_time_ns BIGINT NOT NULL,      -- 0: not deleted.
  sequence_number BIGINT NOT NULL      -- Of the last change.
) WITH (fillfactor = 70);
CREATE INDEX order_groups_by_account ON exchange.order_groups (account_id, order_group_id);

-- Everything that happened to them, in order.
CREATE TABLE exchange.order_group_history (
  sequence_number BIGINT NOT NULL,
  line INTEGER NOT NULL,
  time_ns BIGINT NOT NULL,
  change TEXT NOT NULL,                -- Name of the event: OrderGroupTriggered, ...
  order_group_id BIGINT NOT NULL,
  account_id INTEGER NOT NULL,
  details TEXT NOT NULL,               -- The event as text, all of its fields.
  PRIMARY KEY (sequence_number, line)
);
CREATE INDEX order_group_history_by_group
  ON exchange.order_group_history (order_group_id, sequence_number);

-- What was stored before has no rows here: these two tables begin behind this record.
ALTER TABLE exchange.follower ADD COLUMN order_groups_since BIGINT NOT NULL DEFAULT 0;
UPDATE exchange.follower SET order_groups_since = sequence_number;
