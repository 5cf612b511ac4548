-- What an operator's program does to a user names its client.
CREATE OR REPLACE FUNCTION "latchkey"."record_event"(
	"event_type" text, "of_user" uuid, "of_session" uuid, "of_client" text, "of_provider" text,
	"from_address" text, "with_user_agent" text, "because" text
) RETURNS void LANGUAGE plpgsql AS $$
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
	INSERT INTO "latchkey"."outbox" ("kind", "target", "event_id", "event_at")
	SELECT t."kind", t."target", event_id, event_at FROM "latchkey"."outbox_targets" t
	WHERE t."kind" = 'webhook' AND t."stopped_at" IS NULL AND event_type LIKE ANY (t."types");
END $$;
