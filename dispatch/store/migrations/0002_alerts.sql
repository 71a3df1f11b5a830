-- The record of the alerts, for those who ask: filled by the drain of the journal, behind the
-- dispatcher. Nothing here is read on the way of a press.
--
-- An alert is kept as people were shown it (`view`); the columns are read out of that by the
-- database itself, so that the two can never disagree and the core spends no time on it.
--
-- Not partitioned: 5,487 reports a month, the largest programme we know, are under half a million
-- events a year, and an alert that stays open would hold back the month it began in. What is old
-- is deleted in bounded batches instead (`forget_alerts`).

CREATE FUNCTION wall_clock(at_ms text) RETURNS timestamptz IMMUTABLE STRICT LANGUAGE sql
    RETURN to_timestamp(at_ms::bigint / 1000.0);
COMMENT ON FUNCTION wall_clock IS 'Whole milliseconds since the Unix epoch, as a time.';

-- How far the journal is drained ------------------------------------------------------------------

CREATE TABLE journals (
    journal_id uuid PRIMARY KEY,
    drained_seq bigint NOT NULL DEFAULT 0,
    drained_at_ms bigint NOT NULL DEFAULT 0,
    first_met_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE journals IS
    'The local logs that were drained into this database, one row a log file.';
COMMENT ON COLUMN journals.drained_seq IS
    'Everything up to this entry is in the tables. Moved in the transaction that writes the '
    'entries, from exactly where the writer believed it to be: so each entry is written once, '
    'however often and by however many it is sent.';
COMMENT ON COLUMN journals.drained_at_ms IS
    'When that entry happened. A log put back from an older copy gives its number to another one.';

-- Alerts ------------------------------------------------------------------------------------------

CREATE TABLE alerts (
    alert_id      uuid PRIMARY KEY,
    version       integer NOT NULL,
    person_id     text,
    view          jsonb NOT NULL,
    kind          text NOT NULL GENERATED ALWAYS AS (view ->> 'kind') STORED,
    state         text NOT NULL GENERATED ALWAYS AS (view ->> 'state') STORED,
    urgency       text NOT NULL GENERATED ALWAYS AS (view ->> 'urgency') STORED,
    quadrant      text GENERATED ALWAYS AS (view #>> '{quadrant,code}') STORED,
    edition       text NOT NULL GENERATED ALWAYS AS (view ->> 'edition') STORED,
    front_id      text GENERATED ALWAYS AS (view #>> '{front,front_id}') STORED,
    device_id     text NOT NULL GENERATED ALWAYS AS (view #>> '{sender,device_id}') STORED,
    lat           double precision
                  GENERATED ALWAYS AS ((view #>> '{place,lat}')::double precision) STORED,
    lon           double precision
                  GENERATED ALWAYS AS ((view #>> '{place,lon}')::double precision) STORED,
    accuracy_m    double precision
                  GENERATED ALWAYS AS ((view #>> '{place,accuracy_m}')::double precision) STORED,
    found_by      text NOT NULL GENERATED ALWAYS AS (view #>> '{place,found_by}') STORED,
    reach         text NOT NULL GENERATED ALWAYS AS (view #>> '{told,reach}') STORED,
    step          text NOT NULL GENERATED ALWAYS AS (view #>> '{escalation,step}') STORED,
    owner_id      text GENERATED ALWAYS AS (view #>> '{owner,device_id}') STORED,
    outcome       text GENERATED ALWAYS AS (view ->> 'outcome') STORED,
    note          text NOT NULL GENERATED ALWAYS AS (view ->> 'note') STORED,
    signals_total integer NOT NULL
                  GENERATED ALWAYS AS ((view ->> 'signals_total')::integer) STORED,
    late_stages   jsonb NOT NULL
                  GENERATED ALWAYS AS (jsonb_path_query_array(view, '$.late[*].stage')) STORED,
    pressed_at    timestamptz
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,pressed_at_ms}')) STORED,
    received_at   timestamptz NOT NULL
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,received_at_ms}')) STORED,
    sent_at       timestamptz
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,sent_at_ms}')) STORED,
    delivered_at  timestamptz
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,delivered_at_ms}')) STORED,
    accepted_at   timestamptz
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,accepted_at_ms}')) STORED,
    arrived_at    timestamptz
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,arrived_at_ms}')) STORED,
    closed_at     timestamptz
                  GENERATED ALWAYS AS (wall_clock(view #>> '{stages,closed_at_ms}')) STORED,
    CONSTRAINT a_view_shows_its_own_alert CHECK ((view ->> 'alert_id')::uuid = alert_id),
    CONSTRAINT a_closed_alert_has_an_outcome_and_a_time
        CHECK ((state = 'closed') = (outcome IS NOT NULL)
               AND (state = 'closed') = (closed_at IS NOT NULL))
);
COMMENT ON TABLE alerts IS
    'Every emergency as it is now, or as it ended. The words are those of the protocol.';
COMMENT ON COLUMN alerts.alert_id IS 'The id of the signal that raised it, chosen by the device.';
COMMENT ON COLUMN alerts.version IS 'A row only ever moves to a higher one.';
COMMENT ON COLUMN alerts.person_id IS
    'Whose device it was when the alert first came here. No foreign key, here and for devices: the '
    'record outlives the registry.';
COMMENT ON COLUMN alerts.view IS
    'The `alert` frame as those who answer were shown it, whole: names and phones included.';
COMMENT ON COLUMN alerts.urgency IS 'low, normal, high, critical: from a drill to several people.';
COMMENT ON COLUMN alerts.quadrant IS
    'The code, which names a place only together with `edition`. Null: the place is in none.';
COMMENT ON COLUMN alerts.device_id IS 'What was pressed.';
COMMENT ON COLUMN alerts.lat IS 'Degrees north, WGS 84. Null: no place is known.';
COMMENT ON COLUMN alerts.lon IS 'Degrees east, WGS 84. Null: no place is known.';
COMMENT ON COLUMN alerts.accuracy_m IS 'Radius of the 68 % circle. Null: unknown.';
COMMENT ON COLUMN alerts.found_by IS 'How the place, and so the quadrant, was found.';
COMMENT ON COLUMN alerts.reach IS 'Why those who were told are the ones they are.';
COMMENT ON COLUMN alerts.step IS 'How far it was raised for want of an answer.';
COMMENT ON COLUMN alerts.owner_id IS 'The device of the patrol that answers, or answered.';
COMMENT ON COLUMN alerts.outcome IS 'What it turned out to be, said by whoever closed it.';
COMMENT ON COLUMN alerts.signals_total IS 'Presses in it: the first, repeated ones, neighbours''.';
COMMENT ON COLUMN alerts.late_stages IS 'The stages that broke their latency budget.';
COMMENT ON COLUMN alerts.pressed_at IS 'By the device''s own clock; all others by the server''s.';
COMMENT ON COLUMN alerts.delivered_at IS 'When the first handheld showed it.';

-- Each index is named after the question it answers.
CREATE INDEX open_alerts_of_a_quadrant ON alerts (quadrant, received_at) WHERE state <> 'closed';
CREATE INDEX unanswered_alerts_by_age ON alerts (received_at)
    WHERE state IN ('raised', 'dispatched');
CREATE INDEX alerts_of_a_device_in_time ON alerts (device_id, received_at);
CREATE INDEX alerts_of_a_person_in_time ON alerts (person_id, received_at)
    WHERE person_id IS NOT NULL;
CREATE INDEX alerts_of_a_front_in_time ON alerts (front_id, received_at)
    WHERE front_id IS NOT NULL;
CREATE INDEX closed_alerts_by_month_and_outcome ON alerts (closed_at, outcome)
    WHERE state = 'closed';

CREATE TRIGGER refuse_open BEFORE DELETE ON alerts
    FOR EACH ROW WHEN (OLD.state <> 'closed')
    EXECUTE FUNCTION refuse('an open alert is kept, however old: close it first');

-- What happened to them ---------------------------------------------------------------------------

CREATE TABLE alert_events (
    journal_id uuid,
    seq        bigint,
    alert_id   uuid NOT NULL,
    at         timestamptz NOT NULL,
    kind       text NOT NULL,
    reason     text NOT NULL,
    device_id  text,
    person_id  text,
    took_ms    bigint,
    version    integer,
    PRIMARY KEY (journal_id, seq)
);
COMMENT ON TABLE alert_events IS
    'What was decided about each alert, in order. Only appended to; it goes with its alert. No '
    'foreign key: the first events of an alert come before what it shows.';
COMMENT ON COLUMN alert_events.seq IS 'The order within one journal; `at` follows a wall clock.';
COMMENT ON COLUMN alert_events.reason IS 'A word of a closed set: a verdict, a step, an outcome.';
COMMENT ON COLUMN alert_events.device_id IS 'Who did it. Null: nobody, time did.';
COMMENT ON COLUMN alert_events.took_ms IS 'How long the stage took that was reached by it.';
COMMENT ON COLUMN alert_events.version IS
    'The alert''s version after it. Null: more happened at once, and a later event has it.';
CREATE INDEX timeline_of_an_alert ON alert_events (alert_id, at, seq);
-- Tiny: events come nearly in the order of time.
CREATE INDEX events_by_age ON alert_events USING brin (at);

CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON alert_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the record is only appended to');
CREATE FUNCTION refuse_while_its_alert_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM alerts WHERE alert_id = OLD.alert_id) THEN
        RAISE EXCEPTION '%: goes with its alert: delete that', TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER refuse_delete BEFORE DELETE ON alert_events
    FOR EACH ROW EXECUTE FUNCTION refuse_while_its_alert_is_kept();

CREATE TABLE deliveries (
    alert_id     uuid,
    device_id    text,
    delivered_at timestamptz,
    accepted_at  timestamptz,
    arrived_at   timestamptz,
    PRIMARY KEY (alert_id, device_id)
);
COMMENT ON TABLE deliveries IS
    'Which handheld showed which alert and what it did first. The whole story is in alert_events.';
COMMENT ON COLUMN deliveries.delivered_at IS
    'Null: it answered without having said that it shows the alert.';
CREATE INDEX deliveries_of_a_device_in_time ON deliveries (device_id, delivered_at);

CREATE FUNCTION take_along() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM alert_events USING gone WHERE alert_events.alert_id = gone.alert_id;
    DELETE FROM deliveries USING gone WHERE deliveries.alert_id = gone.alert_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION take_along IS 'What is deleted with an alert.';
CREATE TRIGGER take_along AFTER DELETE ON alerts REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION take_along();

-- What this database would not take ---------------------------------------------------------------

CREATE TABLE journal_refused (
    journal_id uuid,
    seq        bigint,
    reason     text NOT NULL,
    entry      bytea NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (journal_id, seq)
);
COMMENT ON TABLE journal_refused IS
    'Entries that a constraint refused: put aside whole, so that what follows is not held up. '
    'Should be empty; the drain''s status counts them.';
COMMENT ON COLUMN journal_refused.entry IS
    'JSON in UTF-8 (bytes within it are base64): convert_from(entry, ''UTF8'')::json.';
CREATE INDEX journal_refused_by_age ON journal_refused (refused_at);
