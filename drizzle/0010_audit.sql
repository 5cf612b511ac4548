CREATE TABLE "latchkey"."audit_events" (
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"user_id" uuid,
	"session_id" uuid,
	"client_id" text,
	"provider" text,
	"address" text,
	"user_agent" text,
	"request_id" text,
	"reason" text,
	CONSTRAINT "audit_events_at_id_pk" PRIMARY KEY("at","id")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "latchkey"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "latchkey"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"target" text NOT NULL,
	"issuer" text,
	"subject" text,
	"sealed_access_token" text,
	"sealed_refresh_token" text,
	"event_id" uuid,
	"event_at" timestamp (3) with time zone,
	"user_id" uuid,
	"session_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"failed_at" timestamp (3) with time zone,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "latchkey"."outbox_targets" (
	"kind" text NOT NULL,
	"target" text NOT NULL,
	"url" text NOT NULL,
	"types" text[] NOT NULL,
	"stopped_at" timestamp (3) with time zone,
	CONSTRAINT "outbox_targets_kind_target_pk" PRIMARY KEY("kind","target")
);
--> statement-breakpoint
CREATE TABLE "latchkey"."received_events" (
	"provider" text NOT NULL,
	"id" text NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "received_events_provider_id_pk" PRIMARY KEY("provider","id")
);
--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "gone_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "audit_events_user" ON "latchkey"."audit_events" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "outbox_due" ON "latchkey"."outbox" USING btree ("kind","target","next_attempt_at") WHERE "latchkey"."outbox"."failed_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_target" ON "latchkey"."outbox" USING btree ("kind","target","id");--> statement-breakpoint
CREATE INDEX "received_events_expires_at" ON "latchkey"."received_events" USING btree ("expires_at");