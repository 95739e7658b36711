# Helpers of the suites written in shell; sourced.

await() { # COMMAND...: until it succeeds; fails after two minutes
    local end=$((SECONDS + 120))
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}
ended() { # PID...: none of them runs any more
    ! kill -0 "$@" 2>/dev/null
}

# Starts moto_server, which chooses its port, and sets moto_pid and moto_port.
start_moto() { # LOG [VARIABLE=VALUE...]
    local log=$1
    shift
    rm -f "$log" # of a server before
    env "$@" moto_server -H 127.0.0.1 -p 0 >"$log" 2>&1 &
    moto_pid=$!
    answers() {
        grep -qs 'Running on' "$log" || ended $moto_pid
    }
    await answers
    moto_port=$(sed -nE 's|.*Running on http://127\.0\.0\.1:([0-9]+).*|\1|p' "$log")
    [ -n "$moto_port" ] && return 0
    echo "moto_server does not start"
    cat "$log"
    return 1
}
