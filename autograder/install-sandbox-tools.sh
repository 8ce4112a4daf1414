#!/bin/sh
# Installs what pip cannot: bubblewrap and libseccomp for the sandbox, Debian's venv module, and, for the tests, Chromium.
# As root on Debian it installs them; otherwise it prints the one line to type and stops.
set -eu

need() { # need PACKAGES...: install them, or say how
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        echo "This needs: $*. Type:  sudo apt-get install -y $*" >&2
        exit 1
    fi
}

if [ "${1:-}" = venv ]; then
    "$2" -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
    exit 0
fi
if [ "${1:-}" = browser ]; then
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need chromium
    exit 0
fi
command -v bwrap >/dev/null || need bubblewrap
ldconfig -p 2>/dev/null | grep -q 'libseccomp\.so\.2' || PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q 'libseccomp\.so\.2' || need libseccomp2
