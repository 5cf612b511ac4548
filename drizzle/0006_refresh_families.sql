DROP INDEX "latchkey"."refresh_tokens_session";--> statement-breakpoint
ALTER TABLE "latchkey"."refresh_tokens" ADD COLUMN "generation" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."refresh_tokens" ADD COLUMN "repeated_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "refresh_tokens_session" ON "latchkey"."refresh_tokens" USING btree ("session_id","generation");