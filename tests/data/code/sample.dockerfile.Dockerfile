# Builds.
FROM golang:1.20 AS builder
WORKDIR /src
COPY . .
RUN go build -o /app \
    ./cmd/app

FROM debian:12
COPY --from=builder /app /app
EXPOSE 80
ENTRYPOINT ["/app"]
