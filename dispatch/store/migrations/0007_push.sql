-- How the devices of those on duty are woken by a push, and the server's own push side.

ALTER TABLE devices
    DROP CONSTRAINT a_role_is_one_of_the_protocols,
    ADD CONSTRAINT a_role_is_one_of_the_protocols CHECK (role IN (
        'app', 'button', 'patrol', 'siren', 'operator', 'supervisor', 'gateway', 'camera',
        'console', 'push'));

CREATE TABLE push_addresses (
    endpoint  text PRIMARY KEY
              CONSTRAINT an_endpoint_is_https_of_at_most_1024_characters
              CHECK (endpoint LIKE 'https://%' AND char_length(endpoint) <= 1024),
    device_id registry_id NOT NULL REFERENCES devices ON DELETE CASCADE,
    kind      text NOT NULL CONSTRAINT a_kind_is_one_of_the_protocols CHECK (kind = 'webpush'),
    p256dh    text NOT NULL,
    auth      text NOT NULL,
    kept_at   timestamptz NOT NULL
);
COMMENT ON TABLE push_addresses IS
    'Of devices on duty: an address is forgotten when its device goes off duty or is revoked.';
COMMENT ON COLUMN push_addresses.endpoint IS
    'A capability: whoever knows it, and our key, can push. Of one device only.';
COMMENT ON COLUMN push_addresses.kept_at IS
    'By the clock of the core, as what is on the record: what came before a device went off duty is '
    'told from what came after.';
CREATE INDEX push_addresses_of_a_device ON push_addresses (device_id, kept_at);

CREATE TRIGGER a_take_turn BEFORE INSERT OR UPDATE OR DELETE ON push_addresses
    FOR EACH STATEMENT EXECUTE FUNCTION take_turn();
CREATE TRIGGER announce_new AFTER INSERT ON push_addresses REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER announce_altered AFTER UPDATE ON push_addresses REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER announce_removed AFTER DELETE ON push_addresses REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON push_addresses
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('delete the rows instead, truncation is not announced');

CREATE FUNCTION forget_push_addresses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM push_addresses WHERE device_id = NEW.device_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_push_addresses AFTER UPDATE OF revoked_at ON devices
    FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION forget_push_addresses();

CREATE OR REPLACE VIEW registry_devices AS
    SELECT device_id, role, name, person_id, front_id, quadrant, lat, lon, address, gateway_id,
           token_hash, code_hash,
           coalesce(floor(extract(epoch FROM code_expires_at) * 1000)::bigint, 0)
               AS code_expires_at_ms,
           (SELECT count(*) FROM false_alarms AS f
            WHERE f.device_id = d.device_id AND f.closed_at > false_alarms_count_since()
           ) AS false_alarms,
           revoked_at IS NOT NULL AS revoked,
           heartbeat_s, wiring,
           (SELECT json_agg(json_build_object('kind', kind, 'endpoint', endpoint,
                                              'p256dh', p256dh, 'auth', auth) ORDER BY kept_at)::text
            FROM push_addresses AS p WHERE p.device_id = d.device_id) AS push
    FROM devices AS d;
