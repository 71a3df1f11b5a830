-- The kit of a front: cameras, how often a device should be heard from, how its gateway speaks with
-- it, and when a front tries out its sirens.

ALTER TABLE devices
    DROP CONSTRAINT a_role_is_one_of_the_protocols,
    ADD CONSTRAINT a_role_is_one_of_the_protocols CHECK (role IN (
        'app', 'button', 'patrol', 'siren', 'operator', 'supervisor', 'gateway', 'camera')),
    ADD COLUMN heartbeat_s integer
        CONSTRAINT a_heartbeat_is_5_seconds_to_a_week CHECK (heartbeat_s BETWEEN 5 AND 604800),
    ADD COLUMN wiring bytea
        CONSTRAINT a_sealed_wiring_has_at_most_1024_bytes CHECK (octet_length(wiring) <= 1024),
    ADD CONSTRAINT only_what_is_behind_a_gateway_is_wired
        CHECK (wiring IS NULL OR gateway_id IS NOT NULL);
COMMENT ON COLUMN devices.heartbeat_s IS
    'It should be heard from this often. Null: as often as its role is by default.';
COMMENT ON COLUMN devices.wiring IS
    'How its gateway speaks with it, keys included, sealed under a key that is not in this database.';
CREATE INDEX cameras_by_front ON devices (front_id) WHERE role = 'camera' AND revoked_at IS NULL;

CREATE FUNCTION refuse_fifth_camera() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM devices
        WHERE front_id = NEW.front_id AND role = 'camera' AND revoked_at IS NULL) > 4 THEN
        RAISE EXCEPTION 'devices: front % has more than 4 cameras: revoke one first', NEW.front_id;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION refuse_fifth_camera IS
    'Writers take turns, so that two cannot each add a fourth.';
CREATE TRIGGER refuse_fifth_camera AFTER INSERT OR UPDATE ON devices
    FOR EACH ROW WHEN (NEW.role = 'camera' AND NEW.front_id IS NOT NULL AND NEW.revoked_at IS NULL)
    EXECUTE FUNCTION refuse_fifth_camera();

ALTER TABLE fronts
    ADD COLUMN siren_test_week_min integer
        CONSTRAINT a_week_has_10080_minutes CHECK (siren_test_week_min BETWEEN 0 AND 10079),
    ADD COLUMN siren_test_lasts_min integer
        CONSTRAINT a_siren_test_lasts_1_to_60_minutes CHECK (siren_test_lasts_min BETWEEN 1 AND 60),
    ADD CONSTRAINT a_siren_test_has_both_a_start_and_a_length
        CHECK ((siren_test_week_min IS NULL) = (siren_test_lasts_min IS NULL));
COMMENT ON COLUMN fronts.siren_test_week_min IS
    'When its weekly test window begins, in which a press of kind test sounds its sirens: minutes '
    'since Monday 00:00 in Colombia (UTC-5). Null: a test never sounds them.';

CREATE OR REPLACE VIEW registry_fronts AS
    SELECT front_id, name, barrio, lat, lon, address, coordinator_id, sirens, cameras, buttons,
           siren_test_week_min, siren_test_lasts_min
    FROM fronts;

CREATE OR REPLACE VIEW registry_devices AS
    SELECT device_id, role, name, person_id, front_id, quadrant, lat, lon, address, gateway_id,
           token_hash, code_hash,
           coalesce(floor(extract(epoch FROM code_expires_at) * 1000)::bigint, 0)
               AS code_expires_at_ms,
           (SELECT count(*) FROM false_alarms AS f
            WHERE f.device_id = d.device_id AND f.closed_at > false_alarms_count_since()
           ) AS false_alarms,
           revoked_at IS NOT NULL AS revoked,
           heartbeat_s, wiring
    FROM devices AS d;
