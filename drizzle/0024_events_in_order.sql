-- An export reads a person's events page by page: each page read and sorted all of them.
DROP INDEX "latchkey"."audit_events_user";--> statement-breakpoint
CREATE INDEX "audit_events_of_user" ON "latchkey"."audit_events" USING btree ("user_id","at","id");