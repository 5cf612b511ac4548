INSERT INTO "latchkey"."outbox" ("kind", "target", "issuer", "subject", "sealed_access_token", "sealed_refresh_token", "attempts", "created_at", "next_attempt_at")
SELECT 'revocation', "provider", "issuer", "subject", "sealed_access_token", "sealed_refresh_token", "attempts", "created_at", "next_attempt_at" FROM "latchkey"."revocations";--> statement-breakpoint
DROP TABLE "latchkey"."revocations" CASCADE;--> statement-breakpoint
ALTER TABLE "latchkey"."outbox" ADD COLUMN "retried_at" timestamp (3) with time zone;