-- Who disables a user tells the apps of that user's sessions, too.
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
		-- Its sessions rest: where it is enabled they go on. Apps have sessions of their own.
		IF NEW."disabled_at" IS NOT NULL THEN
			INSERT INTO "latchkey"."outbox" ("kind", "target", "user_id", "session_id")
			SELECT t."kind", t."target", s."user_id", s."id"
			FROM "latchkey"."sessions" s
			JOIN "latchkey"."outbox_targets" t
				ON t."kind" = 'logout' AND t."target" = s."client_id" AND t."stopped_at" IS NULL
			WHERE s."user_id" = NEW."id" AND s."redeemed_at" IS NOT NULL
				AND s."ended_at" IS NULL AND s."expires_at" > now();
		END IF;
	ELSE
		recorded := "latchkey"."record_event"('user.updated', NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	END IF;
	RETURN NULL;
END $$;
