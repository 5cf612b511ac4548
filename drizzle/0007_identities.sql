CREATE TABLE "latchkey"."unlinked_identities" (
	"user_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"unlinked_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "unlinked_identities_user_id_provider_issuer_subject_pk" PRIMARY KEY("user_id","provider","issuer","subject")
);
--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "gives_email" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "linked_by" text;--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "link_reason" text;--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "sealed_access_token" text;--> statement-breakpoint
ALTER TABLE "latchkey"."identities" ADD COLUMN "sealed_refresh_token" text;--> statement-breakpoint
ALTER TABLE "latchkey"."link_codes" ADD COLUMN "sealed_access_token" text;--> statement-breakpoint
ALTER TABLE "latchkey"."link_codes" ADD COLUMN "sealed_refresh_token" text;--> statement-breakpoint
ALTER TABLE "latchkey"."link_codes" ADD COLUMN "taken_by" uuid;--> statement-breakpoint
ALTER TABLE "latchkey"."revocations" ADD COLUMN "sealed_access_token" text;--> statement-breakpoint
ALTER TABLE "latchkey"."revocations" ADD COLUMN "sealed_refresh_token" text;--> statement-breakpoint
ALTER TABLE "latchkey"."users" ADD COLUMN "roles" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."unlinked_identities" ADD CONSTRAINT "unlinked_identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "latchkey"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_alive" ON "latchkey"."sessions" USING btree ("user_id") WHERE "latchkey"."sessions"."ended_at" is null;