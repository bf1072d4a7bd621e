# shellcheck shell=bash
# Tests of a bash script, printed as TAP. Source it; $work is a folder for what they print.
# shellcheck disable=SC2154 # $work is the script's
number=0
failed=0

say() { # ok|'not ok' NAME
    number=$((number + 1))
    echo "$1 $number - $2"
    [ "$1" = ok ] || failed=1
}

# test_that NAME COMMAND...: what it printed is shown when it failed.
test_that() {
    local name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        say ok "$name"
    else
        say 'not ok' "$name"
        tail -n 30 "$work/output" | sed 's/^/# /'
        return 1
    fi
}

skip() { # NAME REASON
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

finish() {
    echo "1..$number"
    exit $failed
}
