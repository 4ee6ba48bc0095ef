-- Who may sign in to the gateway, the one-time links by which they do it without a password, and
-- what they did.
--
-- Times are nanoseconds since 1970 UTC by the clock of the gateway (0: never).

CREATE TABLE gateway.users (
  user_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'trader', 'admin')),
  password_hash TEXT NOT NULL DEFAULT '',  -- Encoded argon2id; empty: by link only.
  is_disabled BOOLEAN NOT NULL DEFAULT FALSE,
  create_time_ns BIGINT NOT NULL,
  update_time_ns BIGINT NOT NULL
);

CREATE TABLE gateway.links (
  token_hash TEXT PRIMARY KEY,             -- SHA-256 of the token, which is kept nowhere here.
  user_id BIGINT NOT NULL REFERENCES gateway.users,
  create_time_ns BIGINT NOT NULL,
  expire_time_ns BIGINT NOT NULL
);
CREATE INDEX links_by_expiry ON gateway.links (expire_time_ns);

CREATE TABLE gateway.audit (
  -- A run of a gateway and its count: a row that is written again after a kill is there once.
  writer TEXT NOT NULL,
  number BIGINT NOT NULL,
  time_ns BIGINT NOT NULL,
  user_id BIGINT NOT NULL,                 -- 0: nobody who is known.
  user_name TEXT NOT NULL,
  session_id TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  action TEXT NOT NULL,
  command_id TEXT NOT NULL,                -- Empty: the action has none.
  detail TEXT NOT NULL,                    -- JSON.
  refusal_reason TEXT NOT NULL,            -- Empty: it was done.
  result BYTEA NOT NULL,                   -- evx.gateway.v1.CommandResult, or empty.
  PRIMARY KEY (writer, number)
);
CREATE UNIQUE INDEX audit_by_command ON gateway.audit (user_id, command_id) WHERE command_id <> '';
CREATE INDEX audit_by_time ON gateway.audit (time_ns);
