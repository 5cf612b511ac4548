-- What a login records needs no random ids: a session and a user begin once, so the event has that id, and a user's
-- first link has the user's as a UUID of version 8. Random bytes cost a quarter of each row.
CREATE OR REPLACE FUNCTION "latchkey"."record_begun"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	asked jsonb := nullif(current_setting('latchkey.asked', true), '')::jsonb;
	newcomer text := current_setting('latchkey.newcomer', true);
	recorded uuid;
BEGIN
	IF EXISTS (SELECT FROM "latchkey"."outbox_targets" t WHERE t."kind" = 'webhook') THEN
		IF starts_with(newcomer, NEW."user_id"::text) THEN
			recorded := "latchkey"."record_event"('user.created', NEW."user_id", NULL, NULL, NULL, NULL, NULL, NULL);
			recorded := "latchkey"."record_event"(
				'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL, substr(newcomer, 38));
		END IF;
		recorded := "latchkey"."record_event"(
			'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider", NEW."address", NEW."user_agent", NULL);
	ELSIF starts_with(newcomer, NEW."user_id"::text) THEN
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
		VALUES
			(NEW."user_id", now(), 'user.created', NEW."user_id", NULL, asked->>'client_id', NULL,
				asked->>'address', asked->>'user_agent', asked->>'request_id', asked->>'reason'),
			(overlay(NEW."user_id"::text placing '8' from 15)::uuid, now(), 'identity.linked', NEW."user_id", NULL, asked->>'client_id', NEW."provider",
				asked->>'address', asked->>'user_agent', asked->>'request_id', substr(newcomer, 38)),
			(NEW."id", now(), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				coalesce(NEW."address", asked->>'address'), coalesce(NEW."user_agent", asked->>'user_agent'),
				asked->>'request_id', asked->>'reason');
	ELSE
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
		VALUES
			(NEW."id", now(), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				coalesce(NEW."address", asked->>'address'), coalesce(NEW."user_agent", asked->>'user_agent'),
				asked->>'request_id', asked->>'reason');
	END IF;
	RETURN NULL;
END $$;
