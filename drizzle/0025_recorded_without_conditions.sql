-- What is recorded costs a login a third less. A condition of a trigger is read anew by each statement that it
-- looks at, and its text is copied by each that changes the table at all: what is asked now stands in the function.
-- An event of a login needs the request's id, and the session knows the rest.
CREATE OR REPLACE FUNCTION "latchkey"."record_begun"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF EXISTS (SELECT FROM "latchkey"."outbox_targets" t WHERE t."kind" = 'webhook')
		OR starts_with(current_setting('latchkey.asked', true), '{"request_id":"') IS NOT TRUE
	THEN
		IF starts_with(current_setting('latchkey.newcomer', true), NEW."user_id"::text) THEN
			recorded := "latchkey"."record_event"('user.created', NEW."user_id", NULL, NULL, NULL, NULL, NULL, NULL);
			recorded := "latchkey"."record_event"(
				'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL,
				substr(current_setting('latchkey.newcomer', true), 38));
		END IF;
		recorded := "latchkey"."record_event"(
			'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider", NEW."address", NEW."user_agent", NULL);
	ELSIF starts_with(current_setting('latchkey.newcomer', true), NEW."user_id"::text) THEN
		-- In VALUES is only what differs: each value there is made ready for each row.
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
		SELECT
			CASE
				WHEN e."of_session" THEN NEW."id"
				WHEN e."of_identity" THEN overlay(NEW."user_id"::text placing '8' from 15)::uuid
				ELSE NEW."user_id"
			END,
			current_timestamp(3), e."type", NEW."user_id",
			CASE WHEN e."of_session" THEN NEW."id" END,
			CASE WHEN e."of_session" THEN NEW."client_id" END,
			CASE WHEN e."of_session" OR e."of_identity" THEN NEW."provider" END,
			NEW."address", NEW."user_agent",
			split_part(current_setting('latchkey.asked', true), '"', 4),
			CASE WHEN e."of_identity" THEN substr(current_setting('latchkey.newcomer', true), 38) END
		FROM (VALUES ('user.created', false, false), ('identity.linked', true, false), ('session.created', false, true))
			AS e ("type", "of_identity", "of_session");
	ELSE
		INSERT INTO "latchkey"."audit_events"
			("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id")
		VALUES
			(NEW."id", current_timestamp(3), 'session.created', NEW."user_id", NEW."id", NEW."client_id", NEW."provider",
				NEW."address", NEW."user_agent", split_part(current_setting('latchkey.asked', true), '"', 4));
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION "latchkey"."record_made"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF starts_with(current_setting('latchkey.newcomer', true), NEW."id"::text) THEN
		RETURN NULL;
	END IF;
	recorded := "latchkey"."record_event"('user.created', NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION "latchkey"."record_linked"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF starts_with(current_setting('latchkey.newcomer', true), NEW."user_id"::text) THEN
		RETURN NULL;
	END IF;
	recorded := "latchkey"."record_event"(
		'identity.linked', NEW."user_id", NULL, NULL, NEW."provider", NULL, NULL, coalesce(NEW."link_reason", NEW."linked_by"));
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_user"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	IF TG_OP = 'DELETE' THEN
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
	ELSIF (OLD."name", OLD."picture", OLD."locale", OLD."roles") IS DISTINCT FROM (NEW."name", NEW."picture", NEW."locale", NEW."roles") THEN
		recorded := "latchkey"."record_event"('user.updated', NEW."id", NULL, NULL, NULL, NULL, NULL, NULL);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "latchkey"."record_identity"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	recorded uuid;
BEGIN
	-- Of a user who is deleted, that is what happened.
	IF EXISTS (SELECT FROM "latchkey"."users" u WHERE u."id" = OLD."user_id") THEN
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
	IF TG_OP = 'UPDATE' AND (OLD."ended_at" IS NOT NULL OR NEW."ended_at" IS NULL) THEN
		RETURN NULL;
	END IF;
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
--> statement-breakpoint
DROP TRIGGER "record_made" ON "latchkey"."users";
--> statement-breakpoint
DROP TRIGGER "record_left" ON "latchkey"."users";
--> statement-breakpoint
DROP TRIGGER "record_changed" ON "latchkey"."users";
--> statement-breakpoint
CREATE TRIGGER "record_made" AFTER INSERT ON "latchkey"."users"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_made"();
--> statement-breakpoint
CREATE TRIGGER "record_changed" AFTER DELETE OR UPDATE OF "name", "picture", "locale", "roles", "disabled_at" ON "latchkey"."users"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_user"();
--> statement-breakpoint
DROP TRIGGER "record_linked" ON "latchkey"."identities";
--> statement-breakpoint
CREATE TRIGGER "record_linked" AFTER INSERT ON "latchkey"."identities"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_linked"();
--> statement-breakpoint
DROP TRIGGER "record_ended" ON "latchkey"."sessions";
--> statement-breakpoint
CREATE TRIGGER "record_ended" AFTER UPDATE OF "ended_at" ON "latchkey"."sessions"
	FOR EACH ROW EXECUTE FUNCTION "latchkey"."record_session"();
