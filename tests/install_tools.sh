#!/bin/sh
# Installs what the tests need beside Python packages, where this machine lets us.
#
#   install_tools.sh               tshark, openssl, valgrind, a C compiler, the headers of Python; what is missing then is named
#   install_tools.sh venv          Python's venv module
#   install_tools.sh can-compile   installs nothing: status 0 where the kernel can be compiled

python="${PYTHON:-python3}"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -y -q --no-install-recommends "$@" >/dev/null 2>&1
}

install() {
    command -v apt-get >/dev/null || return 1
    apt install "$@" || { apt update; apt install "$@"; }
}

version() {
    "$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

has_compiler() {
    command -v cc >/dev/null || command -v gcc >/dev/null
}

has_headers() {
    "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
}

case "$1" in
venv)
    install "python$(version)-venv" || install python3-venv && exit 0
    echo "Python's venv module is missing (Debian: apt-get install python3-venv)" >&2
    exit 1
    ;;
can-compile)
    has_compiler && has_headers
    exit
    ;;
esac

missing=""
for tool in tshark chromium openssl valgrind; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
has_compiler || missing="$missing gcc libc6-dev"
has_headers || missing="$missing python$(version)-dev"
[ -z "$missing" ] || install $missing # at once; what cannot be had is asked for alone below

if ! command -v tshark >/dev/null && ! install tshark; then
    echo "tshark is missing: the tests that compare with it are left out (Debian: apt-get install tshark)"
fi
if ! command -v chromium >/dev/null && ! install chromium; then
    echo "chromium is missing: the report's explorer is not tried out (Debian: apt-get install chromium)"
fi
if ! command -v openssl >/dev/null && ! install openssl; then
    echo "openssl is missing: validation is not compared with it (Debian: apt-get install openssl)"
fi
if ! command -v valgrind >/dev/null && ! install valgrind; then
    echo "valgrind is missing: the kernel's instructions are not counted (Debian: apt-get install valgrind)"
fi
if ! has_compiler && ! install gcc libc6-dev; then
    echo "A C compiler is missing: the compiled variant is left out (Debian: apt-get install gcc libc6-dev)"
fi
if ! has_headers && ! install "python$(version)-dev"; then
    echo "Python's headers are missing: the compiled variant is left out (Debian: apt-get install python3-dev)"
fi
exit 0
