-- What the cameras saw of each alert, read out of what the alert shows; and as many sirens of a
-- front as an alert shows.

CREATE VIEW pictures AS
    SELECT p.picture_id, a.alert_id, a.front_id, p.device_id AS camera_id, p.camera,
           to_timestamp(p.taken_at_ms / 1000.0) AS taken_at
    FROM alerts AS a,
         jsonb_to_recordset(a.view -> 'pictures') AS p (
             picture_id uuid, device_id text, camera text, taken_at_ms bigint);
COMMENT ON VIEW pictures IS
    'The pictures themselves are files, named by their id; where they may be read is not kept here.';

DROP TRIGGER refuse_fifth_camera ON devices;
DROP FUNCTION refuse_fifth_camera();
CREATE FUNCTION refuse_fifth_of_a_front() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM devices
        WHERE front_id = NEW.front_id AND role = NEW.role AND revoked_at IS NULL) > 4 THEN
        RAISE EXCEPTION 'devices: front % has more than 4 %s: revoke one first',
                        NEW.front_id, NEW.role;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION refuse_fifth_of_a_front IS
    'Writers take turns, so that two cannot each add a fourth.';
CREATE TRIGGER refuse_fifth_of_a_front AFTER INSERT OR UPDATE ON devices
    FOR EACH ROW WHEN (NEW.role IN ('camera', 'siren') AND NEW.front_id IS NOT NULL
                       AND NEW.revoked_at IS NULL)
    EXECUTE FUNCTION refuse_fifth_of_a_front();
DROP INDEX cameras_by_front;
CREATE INDEX kit_by_front ON devices (front_id, role)
    WHERE role IN ('camera', 'siren') AND revoked_at IS NULL;
