ALTER TABLE "latchkey"."sessions" ADD COLUMN "issuer" text;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "subject" text;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "resource" text;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "cookie_mode" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "auth_time" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "silent" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "redeemed_at" timestamp (3) with time zone DEFAULT now();--> statement-breakpoint
ALTER TABLE "latchkey"."sessions" ADD COLUMN "end_reason" text;