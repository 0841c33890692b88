# One image for both processes: `node dist/src/web.js` (the default) and `node dist/src/worker.js`.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Not `npm ci`: scripts/install.js says why.
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
COPY dashboard dashboard
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --no-save --omit=dev --no-audit --no-fund && npm cache clean --force
COPY --from=build /app/dist dist
# Temporal's client checks certificates against the system's list.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
# For STORAGE_URL=file:/data; a volume that is mounted here takes over its owner.
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 3000 3001
CMD ["node", "--enable-source-maps", "dist/src/web.js"]
