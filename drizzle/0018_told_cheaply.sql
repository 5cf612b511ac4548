-- An event costs a third less: it is asked once whether anybody wants to be told, and a function whose value
-- is assigned is called at once, where PERFORM runs a query for it.
DROP FUNCTION "latchkey"."record_event"(text, uuid, uuid, text, text, text, text, text);
--> statement-breakpoint
CREATE FUNCTION "latchkey"."record_event"(
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
		asked->>'request_id', coalesce(because, asked->>'reason')
	);
	IF EXISTS (SELECT FROM "latchkey"."outbox_targets" t WHERE t."kind" = 'webhook') THEN
		INSERT INTO "latchkey"."outbox" ("kind", "target", "event_id", "event_at")
		SELECT t."kind", t."target", event_id, event_at FROM "latchkey"."outbox_targets" t
		WHERE t."kind" = 'webhook' AND t."stopped_at" IS NULL AND event_type LIKE ANY (t."types");
	END IF;
	RETURN event_id;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_user"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF TG_OP = 'INSERT' THEN
		recorded := "latchkey"."record_event"('user.created', NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	ELSIF TG_OP = 'DELETE' THEN
		recorded := "latchkey"."record_event"('user.deleted', OLD."id", NULL, NULL, NULL, NULL, NULL, NULL);
		UPDATE "latchkey"."audit_events" SET "address" = NULL, "user_agent" = NULL
		WHERE "user_id" = OLD."id" AND ("address" IS NOT NULL OR "user_agent" IS NOT NULL);
	ELSIF (OLD."disabled_at" IS NULL) <> (NEW."disabled_at" IS NULL) THEN
		recorded := "latchkey"."record_event"(
			CASE WHEN NEW."disabled_at" IS NULL THEN 'user.enabled' ELSE 'user.disabled' END,
			NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	ELSE
		recorded := "latchkey"."record_event"('user.updated', NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_identity"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF TG_OP = 'INSERT' THEN
		recorded := "latchkey"."record_event"(
			'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL, coalesce(NEW."link_reason", NEW."linked_by"));
	-- Of a user who is deleted, that is what happened.
	ELSIF EXISTS (SELECT FROM "latchkey"."users" u WHERE u."id" = OLD."user_id") THEN
		recorded := "latchkey"."record_event"(
			'identity.unlinked', OLD."user_id", NULL, NULL, OLD."provider", NULL, NULL, NULL);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_session"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF TG_OP = 'INSERT' THEN
		recorded := "latchkey"."record_event"(
			'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider", NEW."address", NEW."user_agent", NULL);
		RETURN NULL;
	END IF;
	recorded := "latchkey"."record_event"(
		'session.ended', OLD."user_id", OLD."id", OLD."client_id", OLD."provider", NULL, NULL,
		CASE WHEN TG_OP = 'DELETE' THEN 'user_deleted' ELSE NEW."end_reason" END);
	-- Its client knows a session once it has had its tokens.
	IF OLD."redeemed_at" IS NOT NULL THEN
		INSERT INTO "latchkey"."outbox" ("kind", "target", "user_id", "session_id")
		SELECT t."kind", t."target", OLD."user_id", OLD."id" FROM "latchkey"."outbox_targets" t
		WHERE t."kind" = 'logout' AND t."target" = OLD."client_id" AND t."stopped_at" IS NULL;
	END IF;
	RETURN NULL;
END $$;
