CREATE TABLE "latchkey"."request_counts" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "request_counts_expires_at" ON "latchkey"."request_counts" USING btree ("expires_at");