-- What the control room has said to fronts: filled by the drain of the journal, like the alerts.
-- Nothing here is read on the way of a press. And supervisors that are of one quadrant.

CREATE TABLE messages (
    message_id uuid PRIMARY KEY,
    view       jsonb NOT NULL,
    front_id   text NOT NULL GENERATED ALWAYS AS (view ->> 'front_id') STORED,
    alert_id   uuid GENERATED ALWAYS AS ((view ->> 'alert_id')::uuid) STORED,
    sender_id  text NOT NULL GENERATED ALWAYS AS (view ->> 'sender_id') STORED,
    body       text NOT NULL GENERATED ALWAYS AS (view ->> 'body') STORED,
    sent_at    timestamptz NOT NULL GENERATED ALWAYS AS (wall_clock(view ->> 'sent_at_ms')) STORED,
    until      timestamptz NOT NULL GENERATED ALWAYS AS (wall_clock(view ->> 'until_ms')) STORED,
    members    integer NOT NULL GENERATED ALWAYS AS ((view ->> 'members')::integer) STORED,
    sent_to    integer NOT NULL GENERATED ALWAYS AS ((view ->> 'sent_to')::integer) STORED,
    shown_by   integer NOT NULL GENERATED ALWAYS AS ((view ->> 'shown_by')::integer) STORED,
    CONSTRAINT a_view_shows_its_own_message CHECK ((view ->> 'message_id')::uuid = message_id)
);
COMMENT ON TABLE messages IS
    'Every message to a front, and how many of its members it has reached.';
COMMENT ON COLUMN messages.message_id IS 'Chosen by whoever said it.';
COMMENT ON COLUMN messages.view IS 'The words and the name of whoever said them included.';
COMMENT ON COLUMN messages.front_id IS
    'No foreign key, here and for devices: the record outlives the registry.';
COMMENT ON COLUMN messages.alert_id IS 'The alert that it is about. Null: none.';
COMMENT ON COLUMN messages.sender_id IS 'The device of whoever said it: a session of the control room.';
COMMENT ON COLUMN messages.until IS 'From then on it is sent to nobody any more.';
COMMENT ON COLUMN messages.members IS 'Devices of the front that could show it.';
COMMENT ON COLUMN messages.sent_to IS 'To so many of them it was sent.';
COMMENT ON COLUMN messages.shown_by IS 'So many of them have shown it.';

-- Each index is named after the question it answers.
CREATE INDEX messages_of_a_front_in_time ON messages (front_id, sent_at);
CREATE INDEX messages_about_an_alert ON messages (alert_id, sent_at) WHERE alert_id IS NOT NULL;
CREATE INDEX messages_by_age ON messages (sent_at);

ALTER TABLE devices
    DROP CONSTRAINT patrols_and_only_patrols_have_a_quadrant,
    ADD CONSTRAINT patrols_have_a_quadrant_and_supervisors_may
        CHECK (CASE role WHEN 'patrol' THEN quadrant IS NOT NULL
                         WHEN 'supervisor' THEN true
                         ELSE quadrant IS NULL END);
COMMENT ON COLUMN devices.quadrant IS
    'What a patrol patrols, or a supervisor speaks for (null: all). No foreign key: a new edition '
    'may drop the code; imports report that.';
