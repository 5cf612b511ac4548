CREATE TABLE "latchkey"."revocations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "latchkey"."revocations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"sealed_grant" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "sealed_grant" text;--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "grant_leased_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "latchkey"."link_codes" ADD COLUMN "sealed_grant" text;--> statement-breakpoint
CREATE INDEX "revocations_next_attempt_at" ON "latchkey"."revocations" USING btree ("next_attempt_at");