#!/bin/sh
# postgres.sh start|stop DIR - a PostgreSQL server that only listens on a socket in DIR; exit status 77 where there is none.
# It does not run as root.
find_program() {
    command -v "$1" || ls /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | tail -1
}
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
    else
        "$@"
    fi
}
initdb=$(find_program initdb) pg_ctl=$(find_program pg_ctl)
[ -n "$initdb" ] && [ -n "$pg_ctl" ] || exit 77
cd "$2" || exit 1
if [ "$1" = stop ]; then
    as_nobody "$pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null
    exit
fi
[ "$(id -u)" != 0 ] || chown nobody:nogroup .
as_nobody "$initdb" -D "$2/data" -A trust -U postgres --no-sync >/dev/null &&
    as_nobody "$pg_ctl" -D "$2/data" -w -t 120 -l "$2/log" -o "-k '$2' -h '' -c fsync=off" start >/dev/null
