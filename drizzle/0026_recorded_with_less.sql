-- What is recorded of a first login costs it a fifth less: the trigger on users is gone, since who makes a user says
-- so with its first identity, or by itself; and whether anybody is told needs no query where nobody ever was.
CREATE OR REPLACE FUNCTION "latchkey"."record_begun"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	-- A table without pages has no rows, and to know that is cheaper than to look for one.
	IF pg_relation_size('latchkey.outbox_targets'::regclass) > 0 THEN
		IF EXISTS (SELECT FROM "latchkey"."outbox_targets" t WHERE t."kind" = 'webhook') THEN
			IF current_setting('latchkey.made', true) <> '' THEN
				recorded := "latchkey"."record_event"('user.created', NEW."user_id", NULL, NULL, NULL, NULL, NULL, NULL);
				recorded := "latchkey"."record_event"(
					'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL,
					current_setting('latchkey.made', true));
			END IF;
			recorded := "latchkey"."record_event"(
				'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider", NEW."address", NEW."user_agent", NULL);
			RETURN NULL;
		END IF;
	END IF;
	IF current_setting('latchkey.made', true) <> '' THEN
		-- In VALUES is only what differs: each value there is made ready for each row.
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
		SELECT
			CASE
				WHEN e."of_session" THEN NEW."id"
				WHEN NOT e."of_session" THEN overlay(NEW."user_id"::text placing '8' from 15)::uuid
				ELSE NEW."user_id"
			END,
			current_timestamp(3), e."type", NEW."user_id",
			CASE WHEN e."of_session" THEN NEW."id" END,
			CASE WHEN e."of_session" THEN NEW."client_id" END,
			CASE WHEN e."of_session" IS NOT NULL THEN NEW."provider" END,
			NEW."address", NEW."user_agent",
			nullif(split_part(current_setting('latchkey.asked', true), '"', 4), ''),
			CASE WHEN NOT e."of_session" THEN current_setting('latchkey.made', true) END
		FROM (VALUES ('user.created', NULL::boolean), ('identity.linked', false), ('session.created', true))
			AS e ("type", "of_session");
	ELSE
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id")
		VALUES
			(NEW."id", current_timestamp(3), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				NEW."address", NEW."user_agent", nullif(split_part(current_setting('latchkey.asked', true), '"', 4), ''));
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
-- What no request asked for has an empty id: the text of who asks always begins with it.
CREATE OR REPLACE FUNCTION "latchkey"."record_event"(
	"event_type" text, "of_user" uuid, "of_session" uuid, "of_client" text, "of_provider" text,
	"from_address" text, "with_user_agent" text, "because" text
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	asked jsonb := nullif(current_setting('latchkey.asked', true), '')::jsonb;
	event_id uuid := gen_random_uuid();
	event_at timestamptz(3) := now();
BEGIN
	INSERT INTO "latchkey"."audit_events"
		("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
	VALUES (
		event_id, event_at, event_type, of_user, of_session, coalesce(of_client, asked->>'client_id'), of_provider,
		-- Recorded once the rows of who is deleted were emptied of both.
		CASE WHEN because = 'user_deleted' THEN NULL ELSE coalesce(from_address, asked->>'address') END,
		CASE WHEN because = 'user_deleted' THEN NULL ELSE coalesce(with_user_agent, asked->>'user_agent') END,
		nullif(asked->>'request_id', ''), coalesce(because, asked->>'reason')
	);
	IF EXISTS (SELECT FROM "latchkey"."outbox_targets" t WHERE t."kind" = 'webhook') THEN
		INSERT INTO "latchkey"."outbox" ("kind", "target", "event_id", "event_at")
		SELECT t."kind", t."target", event_id, event_at FROM "latchkey"."outbox_targets" t
		WHERE t."kind" = 'webhook' AND t."stopped_at" IS NULL AND event_type LIKE ANY (t."types");
	END IF;
	RETURN event_id;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_linked"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	-- Of a sign-in that made the user, the session's trigger records all three.
	IF current_setting('latchkey.made', true) <> '' THEN
		RETURN NULL;
	END IF;
	IF NEW."linked_by" = 'created' THEN
		recorded := "latchkey"."record_event"('user.created', NEW."user_id", NULL, NULL, NULL, NULL, NULL, NULL);
	END IF;
	recorded := "latchkey"."record_event"(
		'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL, coalesce(NEW."link_reason", NEW."linked_by"));
	RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER "record_made" ON "latchkey"."users";
--> statement-breakpoint
DROP FUNCTION "latchkey"."record_made"();
