#!/bin/sh
# Starts Redis with the password in redis-url. It keeps limits and holds, which end by themselves: nothing goes to a disk.
set -eu
umask 077
password=$(sed -n 's|^redis://[^:@]*:\([^@]*\)@.*|\1|p' "${SECRETS:-/run/secrets}/redis-url")
if [ -z "$password" ]; then
    echo 'redis-url: write redis://:PASSWORD@redis:6379' >&2
    exit 1
fi
printf 'requirepass %s\nport %s\nsave ""\nappendonly no\ndir /tmp\n' "$password" "${PORT:-6379}" >"${CONF:-/tmp/redis.conf}"
exec redis-server "${CONF:-/tmp/redis.conf}"
