CREATE VIEW "latchkey"."audit" AS (
  select
    case when e.type is null then "latchkey"."audit_events"."id"
      else overlay("latchkey"."audit_events"."id"::text placing e.digit from 15)::uuid end as id,
    "latchkey"."audit_events"."at",
    coalesce(e.type, "latchkey"."audit_events"."type") as type,
    "latchkey"."audit_events"."user_id",
    case when e.type = 'session.created' or e.type is null then "latchkey"."audit_events"."session_id" end as "session_id",
    case when e.type = 'session.created' or e.type is null then "latchkey"."audit_events"."client_id" end as "client_id",
    case when e.type is distinct from 'user.created' then "latchkey"."audit_events"."provider" end as provider,
    "latchkey"."audit_events"."address",
    "latchkey"."audit_events"."user_agent",
    "latchkey"."audit_events"."request_id",
    case when e.type = 'identity.linked' or e.type is null then "latchkey"."audit_events"."reason" end as reason
  from "latchkey"."audit_events" join (values ('user.created', '5'), ('identity.linked', '6'), ('session.created', '7'), (null, null))
    as e (type, digit) on ("latchkey"."audit_events"."type" = 'user.created' and "latchkey"."audit_events"."session_id" is not null) = (e.type is not null));
--> statement-breakpoint
-- What begins with a session is one row. The view and what is told to webhooks know the three events of a first login
-- by the same digits. A replica of the release before reads the table: it lists a first login of this time as its
-- user.created alone, and gives up telling webhooks of it, which `admin outbox retry` mends once all are of this release.
CREATE OR REPLACE FUNCTION "latchkey"."record_begun"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO "latchkey"."audit_events"
		("id", "at", "type", "user_id", "session_id", "client_id", "provider", "address", "user_agent", "request_id", "reason")
	VALUES (
		NEW."id", current_timestamp(3),
		CASE WHEN NEW."new_user_reason" IS NULL THEN 'session.created' ELSE 'user.created' END,
		NEW."user_id", NEW."id", NEW."client_id", NEW."provider", NEW."address", NEW."user_agent", NEW."request_id",
		NEW."new_user_reason"
	);
	-- A table without pages has no rows, and to know that is cheaper than to look for one.
	IF pg_relation_size('latchkey.outbox_targets'::regclass) > 0 THEN
		INSERT INTO "latchkey"."outbox" ("kind", "target", "event_id", "event_at")
		SELECT
			t."kind", t."target",
			CASE WHEN NEW."new_user_reason" IS NULL THEN NEW."id"
				ELSE overlay(NEW."id"::text placing e."digit" from 15)::uuid END,
			current_timestamp(3)
		FROM "latchkey"."outbox_targets" t
		JOIN (VALUES ('user.created', '5'), ('identity.linked', '6'), ('session.created', '7')) AS e ("type", "digit")
			ON e."type" LIKE ANY (t."types")
		WHERE t."kind" = 'webhook' AND t."stopped_at" IS NULL
			AND (NEW."new_user_reason" IS NOT NULL OR e."type" = 'session.created');
	END IF;
	RETURN NULL;
END $$;
