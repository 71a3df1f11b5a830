-- Who works in the control room: accounts, their sessions, and what each did. And the secrets by
-- which other systems press over HTTP.

CREATE TABLE accounts (
    account_id     registry_id PRIMARY KEY
                   CONSTRAINT an_account_id_has_at_most_48_characters
                   CHECK (char_length(account_id) <= 48),
    name           label NOT NULL
                   CONSTRAINT an_account_has_a_name CHECK (btrim(name) <> ''),
    role           text NOT NULL
                   CONSTRAINT an_account_is_an_operator_a_supervisor_or_an_administrator
                   CHECK (role IN ('operator', 'supervisor', 'administrator')),
    password_hash  text NOT NULL,
    totp_secret    bytea,
    totp_last_step bigint NOT NULL DEFAULT 0,
    failures       integer NOT NULL DEFAULT 0,
    locked_until   timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    revoked_at     timestamptz,
    revoked_reason reason,
    CONSTRAINT a_revocation_has_a_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
COMMENT ON TABLE accounts IS 'People who log in to the control room.';
COMMENT ON COLUMN accounts.password_hash IS 'Argon2id, with its own parameters and salt (RFC 9106).';
COMMENT ON COLUMN accounts.totp_secret IS
    'Of the one-time passwords (RFC 6238), sealed under a key that is not in this database. Null: none.';
COMMENT ON COLUMN accounts.totp_last_step IS
    'The step of time of the last one-time password that was used: none is good twice.';
COMMENT ON COLUMN accounts.failures IS 'Failed logins since the last good one.';

CREATE TABLE sessions (
    session_hash digest PRIMARY KEY,
    account_id   registry_id NOT NULL REFERENCES accounts ON DELETE CASCADE,
    device_id    registry_id NOT NULL UNIQUE REFERENCES devices ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
COMMENT ON TABLE sessions IS
    'Who is logged in. Each session is a device of its own to the core: a session ends by removing '
    'that device, which closes its live connection as well.';
COMMENT ON COLUMN sessions.session_hash IS 'SHA-256 of the 256-bit cookie. The cookie is kept nowhere.';
CREATE INDEX sessions_of_an_account ON sessions (account_id);

CREATE TABLE audit (
    audit_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    account_id text NOT NULL CONSTRAINT an_account_id_is_at_most_64_characters
                    CHECK (char_length(account_id) <= 64),
    method     text NOT NULL,
    route      text NOT NULL,
    about      text NOT NULL DEFAULT '' CONSTRAINT what_it_is_about_is_at_most_200_characters
                    CHECK (char_length(about) <= 200),
    status     integer NOT NULL
);
COMMENT ON TABLE audit IS
    'Every call of an account over HTTP, refused ones and logins included. Only appended to; old rows '
    'may be deleted after a year.';
COMMENT ON COLUMN audit.account_id IS 'As it was claimed, where a login failed: none need exist.';
COMMENT ON COLUMN audit.about IS 'Ids of what the call was about. Never a secret, never a place.';
COMMENT ON COLUMN audit.status IS 'The HTTP status that answered it.';
CREATE INDEX audit_by_account ON audit (account_id, audit_id);
CREATE INDEX audit_by_time ON audit (at);
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the record is only appended to');
CREATE TRIGGER refuse_early_delete BEFORE DELETE ON audit
    FOR EACH ROW WHEN (OLD.at > now() - interval '1 year')
    EXECUTE FUNCTION refuse('the record is kept for a year');

CREATE TABLE hooks (
    device_id   registry_id PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
    secret_hash digest NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE hooks IS
    'Addresses by which things that speak only HTTP press: one a device, which holds a secret.';
COMMENT ON COLUMN hooks.secret_hash IS 'SHA-256 of the 256-bit secret. The secret itself is kept nowhere.';

-- The side of the server that speaks HTTP presses and acts through the core as a device like others.
ALTER TABLE devices
    DROP CONSTRAINT a_role_is_one_of_the_protocols,
    ADD CONSTRAINT a_role_is_one_of_the_protocols CHECK (role IN (
        'app', 'button', 'patrol', 'siren', 'operator', 'supervisor', 'gateway', 'camera',
        'console'));

-- What searches over all alerts go along.
CREATE INDEX alerts_in_time ON alerts (received_at, alert_id);
