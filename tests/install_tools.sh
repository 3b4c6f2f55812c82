#!/bin/sh
# Installs what the tests need beside Python packages, where this machine lets us: install_tools.sh [venv]
# What cannot be installed is named, with what it is for.

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

install() {
    command -v apt-get >/dev/null || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" >/dev/null 2>&1 && return 0
    as_root apt-get update -q >/dev/null 2>&1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" >/dev/null 2>&1
}

if [ "$1" = venv ]; then
    version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    install "python$version-venv" || install python3-venv || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)" >&2; exit 1; }
    exit 0
fi

if ! command -v tshark >/dev/null && ! install tshark; then
    echo "tshark is missing: the tests that compare with it are left out (Debian: apt-get install tshark)"
fi
if ! command -v cc >/dev/null && ! install gcc libc6-dev; then
    echo "A C compiler is missing: the compiled variant is left out (Debian: apt-get install gcc libc6-dev)"
fi
exit 0
