-- A login is recorded by one insert, where nobody is told of events: of somebody new its session's trigger writes
-- all three rows. The sign-in says in `latchkey.newcomer` whom it makes (the id, a space, why).
CREATE FUNCTION "latchkey"."record_begun"() RETURNS trigger LANGUAGE plpgsql AS $$
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
			(gen_random_uuid(), now(), 'user.created', NEW."user_id", NULL, asked->>'client_id', NULL,
				asked->>'address', asked->>'user_agent', asked->>'request_id', asked->>'reason'),
			(gen_random_uuid(), now(), 'identity.linked', NEW."user_id", NULL, asked->>'client_id', NEW."provider",
				asked->>'address', asked->>'user_agent', asked->>'request_id', substr(newcomer, 38)),
			(gen_random_uuid(), now(), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				coalesce(NEW."address", asked->>'address'), coalesce(NEW."user_agent", asked->>'user_agent'),
				asked->>'request_id', asked->>'reason');
	ELSE
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
		VALUES
			(gen_random_uuid(), now(), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				coalesce(NEW."address", asked->>'address'), coalesce(NEW."user_agent", asked->>'user_agent'),
				asked->>'request_id', asked->>'reason');
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER "record_begun" ON "latchkey"."sessions";
--> statement-breakpoint
CREATE TRIGGER "record_begun" AFTER INSERT ON "latchkey"."sessions"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_begun"();
--> statement-breakpoint
DROP TRIGGER "record_made" ON "latchkey"."users";
--> statement-breakpoint
CREATE TRIGGER "record_made" AFTER INSERT ON "latchkey"."users" FOR EACH ROW
	WHEN (starts_with(current_setting('latchkey.newcomer', true), NEW."id"::text) IS NOT TRUE)
	EXECUTE FUNCTION "latchkey"."record_user"();
--> statement-breakpoint
CREATE TRIGGER "record_left" AFTER DELETE ON "latchkey"."users"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_user"();
--> statement-breakpoint
DROP TRIGGER "record_linked" ON "latchkey"."identities";
--> statement-breakpoint
CREATE TRIGGER "record_linked" AFTER INSERT ON "latchkey"."identities" FOR EACH ROW
	WHEN (starts_with(current_setting('latchkey.newcomer', true), NEW."user_id"::text) IS NOT TRUE)
	EXECUTE FUNCTION "latchkey"."record_identity"();
--> statement-breakpoint
CREATE TRIGGER "record_unlinked" AFTER DELETE ON "latchkey"."identities"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_identity"();
