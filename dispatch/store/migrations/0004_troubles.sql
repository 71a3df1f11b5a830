-- What is known of the kit, and what was ever wrong with it, for those who look after it: filled by
-- the drain of the journal, like the alerts. Nothing here is read on the way of a press.

CREATE TABLE kit (
    device_id       text PRIMARY KEY,
    last_seen_at    timestamptz,
    battery_percent smallint,
    tested_at       timestamptz,
    test_due_at     timestamptz
);
COMMENT ON TABLE kit IS
    'What is known of each device that is watched; a row goes with its supervision. No foreign key: '
    'the registry may have removed a device before what was heard from it comes here.';
COMMENT ON COLUMN kit.last_seen_at IS
    'Exact once something is wrong with it; else up to half an hour behind. Null: never heard from.';
COMMENT ON COLUMN kit.battery_percent IS 'What is left of it, as it last said. Null: it never did.';
COMMENT ON COLUMN kit.tested_at IS 'When somebody last pressed it as a test.';
COMMENT ON COLUMN kit.test_due_at IS 'By when somebody should. Null: this kind needs no test.';

CREATE TABLE troubles (
    trouble_id      text PRIMARY KEY,
    view            jsonb NOT NULL,
    kind            text NOT NULL GENERATED ALWAYS AS (view ->> 'kind') STORED,
    device_id       text NOT NULL GENERATED ALWAYS AS (view ->> 'device_id') STORED,
    role            text NOT NULL GENERATED ALWAYS AS (view ->> 'role') STORED,
    front_id        text GENERATED ALWAYS AS (view ->> 'front_id') STORED,
    opened_at       timestamptz NOT NULL
                    GENERATED ALWAYS AS (wall_clock(view ->> 'opened_at_ms')) STORED,
    closed_at       timestamptz GENERATED ALWAYS AS (wall_clock(view ->> 'closed_at_ms')) STORED,
    last_seen_at    timestamptz GENERATED ALWAYS AS (wall_clock(view ->> 'last_seen_ms')) STORED,
    battery_percent smallint GENERATED ALWAYS AS ((view ->> 'battery_percent')::smallint) STORED,
    CONSTRAINT a_view_shows_its_own_trouble CHECK (view ->> 'trouble_id' = trouble_id)
);
COMMENT ON TABLE troubles IS
    'Everything that was, or is, wrong with a part of a kit. The words are those of the protocol.';
COMMENT ON COLUMN troubles.view IS
    'The `trouble` frame as the control room and the coordinator were shown it, whole.';
COMMENT ON COLUMN troubles.device_id IS
    'No foreign key, here and for fronts: the record outlives the registry.';
COMMENT ON COLUMN troubles.closed_at IS 'Null: it is open.';
COMMENT ON COLUMN troubles.last_seen_at IS 'When the device was last heard from by then.';

-- Each index is named after the question it answers.
CREATE INDEX open_troubles_by_age ON troubles (opened_at) WHERE closed_at IS NULL;
CREATE INDEX open_troubles_of_a_front ON troubles (front_id, opened_at) WHERE closed_at IS NULL;
CREATE INDEX troubles_of_a_device_in_time ON troubles (device_id, opened_at);
CREATE INDEX closed_troubles_by_age ON troubles (closed_at) WHERE closed_at IS NOT NULL;

CREATE TRIGGER refuse_open BEFORE DELETE ON troubles
    FOR EACH ROW WHEN (OLD.closed_at IS NULL)
    EXECUTE FUNCTION refuse('an open trouble is kept, however old');
