-- The registry: who and what there is, and a feed of what changed in it.
--
-- Constraints are named as the sentence that a person reads when one refuses a row.
-- Needs PostgreSQL 14 or newer.

-- Bounds. Every text below may stand in an alert, whose frame is at most 8 KiB.

CREATE DOMAIN registry_id AS text
    CONSTRAINT an_id_is_1_to_64_of_letters_digits_dot_underscore_colon_dash
    CHECK (VALUE ~ '^[A-Za-z0-9._:-]{1,64}$');
CREATE DOMAIN code AS text
    CONSTRAINT a_code_is_1_to_32_printable_characters
    CHECK (octet_length(VALUE) BETWEEN 1 AND 32 AND VALUE = btrim(VALUE)
           AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN label AS text
    CONSTRAINT a_name_is_at_most_64_printable_characters
    CHECK (char_length(VALUE) <= 64 AND octet_length(VALUE) <= 128 AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN address AS text
    CONSTRAINT an_address_is_at_most_120_printable_characters
    CHECK (char_length(VALUE) <= 120 AND octet_length(VALUE) <= 240 AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN phone AS text
    CONSTRAINT a_phone_is_at_most_24_printable_characters
    CHECK (octet_length(VALUE) <= 24 AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN reason AS text
    CONSTRAINT a_reason_is_at_most_200_printable_characters
    CHECK (char_length(VALUE) <= 200 AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN latitude AS double precision
    CONSTRAINT a_latitude_lies_between_90_south_and_90_north CHECK (VALUE BETWEEN -90 AND 90);
CREATE DOMAIN longitude AS double precision
    CONSTRAINT a_longitude_lies_between_180_west_and_180_east CHECK (VALUE BETWEEN -180 AND 180);
CREATE DOMAIN kit_count AS integer
    CONSTRAINT a_kit_has_0_to_999_of_each CHECK (VALUE BETWEEN 0 AND 999);
CREATE DOMAIN digest AS bytea
    CONSTRAINT a_digest_has_32_bytes CHECK (octet_length(VALUE) = 32);

-- Quadrants ---------------------------------------------------------------------------------------

CREATE TABLE editions (
    edition_id  code PRIMARY KEY,
    name        label NOT NULL,
    source_file text NOT NULL
                CONSTRAINT a_file_name_is_at_most_255_characters
                CHECK (char_length(source_file) <= 255),
    content     digest NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE editions IS
    'One import of a whole set of quadrants. Never altered: alerts name the edition they were located in.';
COMMENT ON COLUMN editions.content IS
    'SHA-256 over the cleaned quadrants, so that the same edition imported again is recognised.';

CREATE TABLE quadrants (
    edition_id code REFERENCES editions ON DELETE CASCADE,
    code       code,
    name       label NOT NULL,
    station    label NOT NULL,
    cai        label NOT NULL,
    phone      phone NOT NULL,
    polygon    bytea NOT NULL,
    PRIMARY KEY (edition_id, code)
);
COMMENT ON TABLE quadrants IS
    'Police patrol areas. A code names a place only together with its edition.';
COMMENT ON COLUMN quadrants.polygon IS
    'A valid Polygon or MultiPolygon as WKB (OGC 06-103r4, clause 8), EPSG:4326, longitude first.';

CREATE TABLE active_edition (
    only_row   boolean PRIMARY KEY DEFAULT true
               CONSTRAINT one_edition_is_in_force CHECK (only_row),
    edition_id code NOT NULL REFERENCES editions
);
COMMENT ON TABLE active_edition IS
    'The edition in force. One row by construction: there are never two, and after the first never none.';

-- People, fronts, devices -------------------------------------------------------------------------

CREATE TABLE people (
    person_id registry_id PRIMARY KEY,
    name      label NOT NULL
              CONSTRAINT a_person_has_a_name CHECK (btrim(name) <> ''),
    phone     phone NOT NULL DEFAULT ''
);
COMMENT ON TABLE people IS 'Those who hold a device or coordinate a front. Phones repeat: never a key.';

CREATE TABLE fronts (
    front_id       registry_id PRIMARY KEY,
    name           label NOT NULL
                   CONSTRAINT a_front_has_a_name CHECK (btrim(name) <> ''),
    barrio         label NOT NULL DEFAULT '',
    lat            latitude,
    lon            longitude,
    address        address NOT NULL DEFAULT '',
    coordinator_id registry_id
                   CONSTRAINT a_front_names_a_known_coordinator REFERENCES people,
    sirens         kit_count NOT NULL DEFAULT 0,
    cameras        kit_count NOT NULL DEFAULT 0,
    buttons        kit_count NOT NULL DEFAULT 0,
    CONSTRAINT a_place_has_both_latitude_and_longitude CHECK ((lat IS NULL) = (lon IS NULL)),
    CONSTRAINT an_address_stands_beside_its_coordinates CHECK (lat IS NOT NULL OR address = '')
);
COMMENT ON TABLE fronts IS 'Neighbourhood fronts (frentes de seguridad) and their kits.';
CREATE INDEX fronts_by_coordinator ON fronts (coordinator_id);

CREATE TABLE devices (
    device_id       registry_id PRIMARY KEY,
    role            text NOT NULL
                    CONSTRAINT a_role_is_one_of_the_protocols CHECK (role IN (
                        'app', 'button', 'patrol', 'siren', 'operator', 'supervisor', 'gateway')),
    name            label NOT NULL
                    CONSTRAINT a_device_has_a_name CHECK (btrim(name) <> ''),
    person_id       registry_id
                    CONSTRAINT a_device_names_a_known_person REFERENCES people,
    front_id        registry_id
                    CONSTRAINT a_device_names_a_known_front REFERENCES fronts,
    quadrant        code,
    lat             latitude,
    lon             longitude,
    address         address NOT NULL DEFAULT '',
    gateway_id      registry_id
                    CONSTRAINT a_device_names_a_known_gateway REFERENCES devices,
    token_hash      digest,
    code_hash       digest,
    code_expires_at timestamptz,
    code_traded_at  timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    revoked_at      timestamptz,
    revoked_reason  reason,
    CONSTRAINT patrols_and_only_patrols_have_a_quadrant
        CHECK ((role = 'patrol') = (quadrant IS NOT NULL)),
    CONSTRAINT a_place_has_both_latitude_and_longitude CHECK ((lat IS NULL) = (lon IS NULL)),
    CONSTRAINT an_address_stands_beside_its_coordinates CHECK (lat IS NOT NULL OR address = ''),
    CONSTRAINT no_device_is_its_own_gateway CHECK (gateway_id <> device_id),
    CONSTRAINT a_code_expires CHECK ((code_hash IS NULL) = (code_expires_at IS NULL)),
    CONSTRAINT only_a_code_is_traded CHECK (code_traded_at IS NULL OR code_hash IS NOT NULL),
    CONSTRAINT a_revocation_has_a_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL)),
    CONSTRAINT a_revoked_device_has_no_credentials
        CHECK (revoked_at IS NULL OR (token_hash IS NULL AND code_hash IS NULL))
);
COMMENT ON TABLE devices IS 'Everything that speaks the protocol, enrolled or to be enrolled.';
COMMENT ON COLUMN devices.quadrant IS
    'What a patrol patrols. No foreign key: a new edition may drop the code; imports report that.';
COMMENT ON COLUMN devices.token_hash IS 'SHA-256 of the 256-bit token. The token itself is kept nowhere.';
COMMENT ON COLUMN devices.code_hash IS 'SHA-256 of the one-time enrolment code, until it is spent.';
COMMENT ON COLUMN devices.code_traded_at IS
    'When the code was last traded for a token. The code works again until the first hello with it.';
CREATE UNIQUE INDEX devices_by_code ON devices (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX devices_by_person ON devices (person_id);
CREATE INDEX devices_by_front ON devices (front_id);
CREATE INDEX devices_by_gateway ON devices (gateway_id);

-- The record --------------------------------------------------------------------------------------

CREATE TABLE false_alarms (
    alert_id  uuid,
    device_id registry_id REFERENCES devices ON DELETE CASCADE,
    person_id registry_id REFERENCES people ON DELETE SET NULL,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (alert_id, device_id)
);
COMMENT ON TABLE false_alarms IS
    'Alerts closed as false, for the mark that patrols see. Forgotten after the window: they then '
    'say nothing more of anyone, and personal data is kept no longer than it serves (Ley 1581 de 2012).';
CREATE INDEX false_alarms_by_device ON false_alarms (device_id);
CREATE INDEX false_alarms_by_person ON false_alarms (person_id);
CREATE INDEX false_alarms_by_age ON false_alarms (closed_at);

CREATE FUNCTION false_alarms_count_since() RETURNS timestamptz STABLE LANGUAGE sql
    RETURN now() - interval '90 days';

CREATE TABLE denials (
    denial_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    device_id text CONSTRAINT a_device_id_is_at_most_64_characters
                   CHECK (char_length(device_id) <= 64),
    alert_id  uuid,
    what      text NOT NULL CONSTRAINT a_denial_says_what CHECK (char_length(what) <= 40),
    reason    reason NOT NULL
);
COMMENT ON TABLE denials IS
    'What was refused to whom, and why. Only appended to; old rows may be deleted after a year.';
COMMENT ON COLUMN denials.device_id IS 'As it was claimed: no such device need exist.';
CREATE INDEX denials_by_time ON denials (at);

-- The feed of changes -----------------------------------------------------------------------------

CREATE SEQUENCE registry_seq;
CREATE TABLE registry_changes (
    thing text CONSTRAINT a_change_is_of_a_known_thing
               CHECK (thing IN ('person', 'front', 'device', 'edition')),
    id    text,
    seq   bigint NOT NULL UNIQUE,
    PRIMARY KEY (thing, id)
);
COMMENT ON TABLE registry_changes IS
    'The last change of each thing, removals included. A reader that knows everything up to some '
    'seq reads what is above it and has missed nothing, however long it was away. One row a thing, '
    'so it needs no pruning.';

CREATE FUNCTION take_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('cuadrante.registry', 0));
    RETURN NULL;
END $$;
COMMENT ON FUNCTION take_turn IS
    'One writer at a time until its commit, so that seq becomes visible in its own order. Taken '
    'before any row is locked: taken after, two writers could wait for each other.';

CREATE FUNCTION announce() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    announced bigint;
BEGIN
    EXECUTE format(
        'INSERT INTO registry_changes (thing, id, seq)
         SELECT %1$L, id, nextval(''registry_seq'')
         FROM (SELECT DISTINCT %2$I AS id FROM changed WHERE %2$I IS NOT NULL) AS ids
         ON CONFLICT (thing, id) DO UPDATE SET seq = excluded.seq',
        TG_ARGV[0], TG_ARGV[1]);
    GET DIAGNOSTICS announced = ROW_COUNT;
    IF announced > 0 THEN
        NOTIFY registry_changed;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION announce IS 'Arguments: the thing that changed, and the column with its id.';

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0];
END $$;

CREATE TRIGGER a_take_turn BEFORE INSERT OR UPDATE OR DELETE ON people
    FOR EACH STATEMENT EXECUTE FUNCTION take_turn();
CREATE TRIGGER a_take_turn BEFORE INSERT OR UPDATE OR DELETE ON fronts
    FOR EACH STATEMENT EXECUTE FUNCTION take_turn();
CREATE TRIGGER a_take_turn BEFORE INSERT OR UPDATE OR DELETE ON devices
    FOR EACH STATEMENT EXECUTE FUNCTION take_turn();
CREATE TRIGGER a_take_turn BEFORE INSERT OR UPDATE OR DELETE ON active_edition
    FOR EACH STATEMENT EXECUTE FUNCTION take_turn();
CREATE TRIGGER a_take_turn BEFORE INSERT OR UPDATE OR DELETE ON false_alarms
    FOR EACH STATEMENT EXECUTE FUNCTION take_turn();

CREATE TRIGGER announce_new AFTER INSERT ON people REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('person', 'person_id');
CREATE TRIGGER announce_altered AFTER UPDATE ON people REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('person', 'person_id');
CREATE TRIGGER announce_removed AFTER DELETE ON people REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('person', 'person_id');

CREATE TRIGGER announce_new AFTER INSERT ON fronts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('front', 'front_id');
CREATE TRIGGER announce_altered AFTER UPDATE ON fronts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('front', 'front_id');
CREATE TRIGGER announce_removed AFTER DELETE ON fronts REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('front', 'front_id');

CREATE TRIGGER announce_new AFTER INSERT ON devices REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER announce_altered AFTER UPDATE ON devices REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER announce_removed AFTER DELETE ON devices REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');

CREATE TRIGGER announce_new AFTER INSERT ON active_edition REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('edition', 'edition_id');
CREATE TRIGGER announce_altered AFTER UPDATE ON active_edition REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('edition', 'edition_id');

-- A false alarm alters what is known of its device and its person.
CREATE TRIGGER announce_new_device AFTER INSERT ON false_alarms REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER announce_new_person AFTER INSERT ON false_alarms REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('person', 'person_id');
CREATE TRIGGER announce_old_device AFTER DELETE ON false_alarms REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('device', 'device_id');
CREATE TRIGGER announce_old_person AFTER DELETE ON false_alarms REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce('person', 'person_id');

-- What the feed could not tell is not allowed.
CREATE TRIGGER refuse_new_id BEFORE UPDATE OF person_id ON people
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an id never changes');
CREATE TRIGGER refuse_new_id BEFORE UPDATE OF front_id ON fronts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an id never changes');
CREATE TRIGGER refuse_new_id BEFORE UPDATE OF device_id ON devices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an id never changes');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON people
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('delete the rows instead, truncation is not announced');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON fronts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('delete the rows instead, truncation is not announced');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON devices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('delete the rows instead, truncation is not announced');
CREATE TRIGGER refuse_none BEFORE DELETE OR TRUNCATE ON active_edition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('activate another edition instead');

-- What was put on the record or located in stays as it was.
CREATE TRIGGER refuse_change BEFORE UPDATE ON quadrants
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('import a new edition instead');
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON denials
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the record is only appended to');
CREATE TRIGGER refuse_early_delete BEFORE DELETE ON denials
    FOR EACH ROW WHEN (OLD.at > now() - interval '1 year')
    EXECUTE FUNCTION refuse('the record is kept for a year');

-- What the dispatcher loads -----------------------------------------------------------------------

CREATE VIEW registry_people AS
    SELECT person_id, name, phone,
           (SELECT count(*) FROM false_alarms AS f
            WHERE f.person_id = p.person_id AND f.closed_at > false_alarms_count_since()
           ) AS false_alarms
    FROM people AS p;

CREATE VIEW registry_fronts AS
    SELECT front_id, name, barrio, lat, lon, address, coordinator_id, sirens, cameras, buttons
    FROM fronts;

CREATE VIEW registry_devices AS
    SELECT device_id, role, name, person_id, front_id, quadrant, lat, lon, address, gateway_id,
           token_hash, code_hash,
           coalesce(floor(extract(epoch FROM code_expires_at) * 1000)::bigint, 0)
               AS code_expires_at_ms,
           (SELECT count(*) FROM false_alarms AS f
            WHERE f.device_id = d.device_id AND f.closed_at > false_alarms_count_since()
           ) AS false_alarms,
           revoked_at IS NOT NULL AS revoked
    FROM devices AS d;

CREATE VIEW registry_quadrants AS
    SELECT edition_id, code, name, station, cai, phone, polygon
    FROM quadrants JOIN active_edition USING (edition_id);
