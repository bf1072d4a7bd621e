# shellcheck shell=bash
# What the checks of this folder share: each is one line of TAP, its findings follow as comments.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

tap_count=0
tap_failed=0

# check NAME < <(what prints its findings, one a line)
check() {
    local findings
    findings=$(cat)
    tap_count=$((tap_count + 1))
    if [ -z "$findings" ]; then
        echo "ok $tap_count - $1"
    else
        echo "not ok $tap_count - $1"
        echo "$findings" | head -n 40 | sed 's/^/# /'
        tap_failed=1
    fi
}

skip() { # NAME REASON
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

finish() {
    echo "1..$tap_count"
    exit $tap_failed
}

c_files() { # [FOLDER]
    git ls-files --cached --others --exclude-standard '*.c' '*.h' | grep "^${1-}"
}
