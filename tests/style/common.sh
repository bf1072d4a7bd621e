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

# Every file of the project, one a line; what was built or fetched is not part of it. Without git, as
# in a copy of the sources, by the names that .gitignore has.
project_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . \( -path ./.git -o -path './build*' -o -name node_modules \) -prune -o -type f -printf '%P\n'
    fi
}

c_files() { # [FOLDER]
    project_files | grep "^${1-}.*\.[ch]\$"
}

# A check that finds no file finds no mistake either.
[ -n "$(c_files src/)" ] || {
    echo 'not ok 1 - no source files found'
    exit 1
}
