-- Apps on telephones are woken as browsers are: by a token instead of an address and keys.

ALTER TABLE push_addresses
    DROP CONSTRAINT a_kind_is_one_of_the_protocols,
    ADD CONSTRAINT a_kind_is_one_of_the_protocols CHECK (kind IN ('webpush', 'apns', 'fcm')),
    DROP CONSTRAINT an_endpoint_is_https_of_at_most_1024_characters,
    ADD CONSTRAINT a_browsers_endpoint_is_https
        CHECK (kind <> 'webpush' OR endpoint LIKE 'https://%'),
    ADD CONSTRAINT an_endpoint_has_at_most_1024_characters CHECK (char_length(endpoint) <= 1024),
    ADD COLUMN topic text NOT NULL DEFAULT '';
COMMENT ON COLUMN push_addresses.endpoint IS
    'A browser''s URL or a telephone''s token. A capability: whoever knows it, and our key, can push. '
    'Of one device only.';
COMMENT ON COLUMN push_addresses.topic IS 'The bundle id of an app of Apple''s; empty: the first known.';

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
           (SELECT json_agg(json_build_object('kind', kind, 'endpoint', endpoint, 'p256dh', p256dh,
                                              'auth', auth, 'topic', topic) ORDER BY kept_at)::text
            FROM push_addresses AS p WHERE p.device_id = d.device_id) AS push
    FROM devices AS d;
