ALTER TABLE "latchkey"."finished_flows" ADD COLUMN "finished_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "latchkey"."finished_flows" ADD COLUMN "failed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "latchkey"."finished_flows" ADD COLUMN "error" text;--> statement-breakpoint
ALTER TABLE "latchkey"."finished_flows" ADD COLUMN "error_description" text;