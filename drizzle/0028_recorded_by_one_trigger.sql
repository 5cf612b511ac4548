-- What is recorded of a login costs it less again: its session says which request began it and whether it began with
-- a new user, so that nothing is said beside it, and no trigger is asked on identities: who links one says so itself.
-- A replica of the release before may run beside this: of its logins only session.created is recorded.
CREATE OR REPLACE FUNCTION "latchkey"."record_begun"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	-- A table without pages has no rows, and to know that is cheaper than to look for one.
	IF pg_relation_size('latchkey.outbox_targets'::regclass) > 0 THEN
		IF EXISTS (SELECT FROM "latchkey"."outbox_targets" t WHERE t."kind" = 'webhook') THEN
			PERFORM set_config('latchkey.asked', jsonb_build_object(
				'request_id', NEW."request_id", 'address', NEW."address", 'user_agent', NEW."user_agent")::text, true);
			IF NEW."new_user_reason" IS NOT NULL THEN
				recorded := "latchkey"."record_event"('user.created', NEW."user_id", NULL, NULL, NULL, NULL, NULL, NULL);
				recorded := "latchkey"."record_event"(
					'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL, NEW."new_user_reason");
			END IF;
			recorded := "latchkey"."record_event"(
				'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider", NULL, NULL, NULL);
			RETURN NULL;
		END IF;
	END IF;
	IF NEW."new_user_reason" IS NOT NULL THEN
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
			NEW."address", NEW."user_agent", NEW."request_id",
			CASE WHEN NOT e."of_session" THEN NEW."new_user_reason" END
		FROM (VALUES ('user.created', NULL::boolean), ('identity.linked', false), ('session.created', true))
			AS e ("type", "of_session");
	ELSE
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id")
		VALUES
			(NEW."id", current_timestamp(3), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				NEW."address", NEW."user_agent", NEW."request_id");
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER "record_linked" ON "latchkey"."identities";
--> statement-breakpoint
DROP FUNCTION "latchkey"."record_linked"();
