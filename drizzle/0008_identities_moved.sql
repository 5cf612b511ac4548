-- Both parts of a kept grant stood in one text, with a space between.
UPDATE "latchkey"."identities" SET
  "sealed_access_token" = nullif(split_part("sealed_grant", ' ', 1), ''),
  "sealed_refresh_token" = nullif(split_part("sealed_grant", ' ', 2), '')
WHERE "sealed_grant" IS NOT NULL;--> statement-breakpoint
UPDATE "latchkey"."revocations" SET
  "sealed_access_token" = nullif(split_part("sealed_grant", ' ', 1), ''),
  "sealed_refresh_token" = nullif(split_part("sealed_grant", ' ', 2), '');--> statement-breakpoint
-- The user's address is that of the identity that gave it first.
UPDATE "latchkey"."identities" i SET "gives_email" = true
FROM (
  SELECT DISTINCT ON (o."user_id") o."provider", o."issuer", o."subject"
  FROM "latchkey"."identities" o JOIN "latchkey"."users" u ON u."id" = o."user_id"
  WHERE o."email" IS NOT NULL
  ORDER BY o."user_id", (o."email" = u."email") DESC NULLS LAST, o."linked_at", o."provider"
) first
WHERE (i."provider", i."issuer", i."subject") = (first."provider", first."issuer", first."subject");
