# shellcheck shell=bash
# need_packages: installs what packages.txt lists and this machine misses. Source it from the root.

# Prints the packages that are missing, optional ones only where apt knows them.
missing_packages() {
    local entry package program
    while read -r entry; do
        case $entry in
        '' | \#*) continue ;;
        esac
        package=${entry%%[:?]*}
        program=${entry#*:}
        if [ "$program" != "$entry" ] && command -v "$program" >/dev/null; then
            continue
        fi
        if dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
            continue
        fi
        if [ "${entry%\?}" != "$entry" ] && ! apt-cache show "$package" >/dev/null 2>&1; then
            continue
        fi
        echo "$package"
    done <packages.txt
}

# A test machine needs the programs, not their services: none is started by being installed.
install_packages() {
    local as_root=() policy=/usr/sbin/policy-rc.d made=
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
        "${as_root[@]}" chmod 755 $policy
        made=yes
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
    local status=$?
    [ -z "$made" ] || "${as_root[@]}" rm -f $policy
    return $status
}

need_packages() {
    local missing as_root=()
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    echo "安裝套件… Installing packages: $(echo "$missing" | tr '\n' ' ')"
    "${as_root[@]}" apt-get -q update
    missing=$(missing_packages) # the optional ones are known only now
    # shellcheck disable=SC2086 # one argument a package
    install_packages $missing
}
