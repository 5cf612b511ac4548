DROP INDEX "latchkey"."identities_verified_email";--> statement-breakpoint
CREATE INDEX "identities_email" ON "latchkey"."identities" USING btree (lower("email" collate "C"));--> statement-breakpoint
CREATE INDEX "identities_subject" ON "latchkey"."identities" USING btree ("subject");