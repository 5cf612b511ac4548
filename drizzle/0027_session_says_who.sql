ALTER TABLE "latchkey"."sessions" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "new_user_reason" text;