ALTER TABLE "latchkey"."sessions" ADD COLUMN "logout_told_at" timestamp (3) with time zone;
--> statement-breakpoint
-- Apps are told once of a session: not again when it ends, or its user goes, while it rests. Where the user is
-- enabled it goes on, and its end is told.
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
			WITH resting AS (
				SELECT s."id" FROM "latchkey"."sessions" s
				WHERE s."user_id" = NEW."id" AND s."redeemed_at" IS NOT NULL
					AND s."ended_at" IS NULL AND s."expires_at" > now()
					AND EXISTS (
						SELECT FROM "latchkey"."outbox_targets" t
						WHERE t."kind" = 'logout' AND t."target" = s."client_id" AND t."stopped_at" IS NULL)
				ORDER BY s."id" FOR NO KEY UPDATE
			), told AS (
				UPDATE "latchkey"."sessions" s SET "logout_told_at" = now() FROM resting
				WHERE s."id" = resting."id"
				RETURNING s."id", s."user_id", s."client_id"
			)
			INSERT INTO "latchkey"."outbox" ("kind", "target", "user_id", "session_id")
			SELECT 'logout', told."client_id", told."user_id", told."id" FROM told;
		ELSE
			UPDATE "latchkey"."sessions" s SET "logout_told_at" = NULL
			WHERE s."id" IN (
				SELECT r."id" FROM "latchkey"."sessions" r
				WHERE r."user_id" = NEW."id" AND r."ended_at" IS NULL AND r."logout_told_at" IS NOT NULL
				ORDER BY r."id" FOR NO KEY UPDATE);
		END IF;
	ELSE
		recorded := "latchkey"."record_event"('user.updated', NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_session"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	recorded := "latchkey"."record_event"(
		'session.ended', OLD."user_id", OLD."id", OLD."client_id", OLD."provider", NULL, NULL,
		CASE WHEN TG_OP = 'DELETE' THEN 'user_deleted' ELSE NEW."end_reason" END);
	-- Its client knows a session once it has had its tokens.
	IF OLD."redeemed_at" IS NOT NULL AND OLD."logout_told_at" IS NULL THEN
		INSERT INTO "latchkey"."outbox" ("kind", "target", "user_id", "session_id")
		SELECT t."kind", t."target", OLD."user_id", OLD."id" FROM "latchkey"."outbox_targets" t
		WHERE t."kind" = 'logout' AND t."target" = OLD."client_id" AND t."stopped_at" IS NULL;
	END IF;
	RETURN NULL;
END $$;
