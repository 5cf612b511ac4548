ALTER TABLE "latchkey"."identities" DROP COLUMN "sealed_grant";--> statement-breakpoint
ALTER TABLE "latchkey"."link_codes" DROP COLUMN "sealed_grant";--> statement-breakpoint
ALTER TABLE "latchkey"."revocations" DROP COLUMN "sealed_grant";--> statement-breakpoint
ALTER TABLE "latchkey"."users" DROP COLUMN "email";