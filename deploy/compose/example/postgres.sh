#!/usr/bin/env bash
# Makes the roles and the database that the URLs among the secrets name. PostgreSQL's image runs it once, when the volume is new;
# it may source it, so nothing of it stays behind. A database elsewhere than in this deployment is somebody else's business.
(
    set -euo pipefail
    secrets=${SECRETS:-/run/secrets}
    url='^postgres(ql)?://([A-Za-z0-9_-]+):([A-Za-z0-9._~-]+)@([A-Za-z0-9.-]+)(:[0-9]+)?/([A-Za-z0-9_-]+)(\?.*)?$'

    # take NAME: role, password, host and database of the URL in a secret.
    take() {
        local text
        text=$(<"$secrets/$1")
        if [[ ! $text =~ $url ]]; then
            echo "$1: write postgres://ROLE:PASSWORD@HOST/DATABASE, the password of letters, digits and . _ ~ -" >&2
            return 1
        fi
        role=${BASH_REMATCH[2]} password=${BASH_REMATCH[3]} host=${BASH_REMATCH[4]} database=${BASH_REMATCH[6]}
    }

    # Passwords go by the environment of this one program, never by arguments.
    sql() { psql -q -v ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres; }

    make_role() {
        ROLE=$role PASSWORD=$password sql <<'SQL'
\getenv role ROLE
\getenv password PASSWORD
CREATE ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
SQL
    }

    for name in store vault-keys; do
        [[ -e $secrets/$name-owner-url ]] || continue
        take "$name-owner-url"
        [[ $host == postgres ]] || continue
        make_role
        owner=$role
        take "$name-url"
        make_role
        OWNER=$owner SERVING=$role DATABASE=$database sql <<'SQL'
\getenv owner OWNER
\getenv serving SERVING
\getenv database DATABASE
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"serving";
SQL
        echo "made the database $database of $owner, for $role"
    done
)
