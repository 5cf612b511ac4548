DROP INDEX "latchkey"."sessions_user";--> statement-breakpoint
DROP INDEX "latchkey"."sessions_alive";--> statement-breakpoint
CREATE INDEX "sessions_of_user" ON "latchkey"."sessions" USING btree ("user_id","ended_at");