CREATE TABLE "latchkey"."link_codes" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"code_challenge" text,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"email_verified" boolean,
	"name" text,
	"picture" text,
	"locale" text,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "link_codes_expires_at" ON "latchkey"."link_codes" USING btree ("expires_at");