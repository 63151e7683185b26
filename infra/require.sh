#!/bin/sh
# Checks for a program that a Debian package brings; says, or as root offers, how to install it.
# usage: require.sh java|postgresql|chromium|ceph     ASSUME_YES=1 installs without asking.
# Exit: 0 it is there, 1 it is missing.
set -eu

case "${1:?java, postgresql, chromium or ceph}" in
java)
    package=openjdk-17-jre-headless
    need="Java 17 or newer (Spark runs on it)"
    found() {
        java=java
        [ -z "${JAVA_HOME:-}" ] || java="$JAVA_HOME/bin/java"
        version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
        [ -n "$version" ] && [ "$version" -ge 17 ]
    }
    ;;
postgresql)
    package=postgresql
    need="PostgreSQL's server (tests of the shared catalog start one)"
    found() { command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }
    ;;
chromium)
    package=chromium
    need="Chromium (tests of the report open it)"
    found() { command -v chromium >/dev/null 2>&1; }
    ;;
ceph)
    package="ceph-mon ceph-osd radosgw"
    need="Ceph (tests of the store on S3 start its gateway)"
    found() { command -v radosgw >/dev/null 2>&1 && command -v ceph-mon >/dev/null 2>&1 && command -v ceph-osd >/dev/null 2>&1; }
    ;;
*)
    echo "unknown program: $1" >&2
    exit 2
    ;;
esac

found && exit 0
echo "$need is missing. On Debian or Ubuntu this line installs it:" >&2
echo "    apt-get update && apt-get install -y --no-install-recommends $package" >&2
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || exit 1
if [ "${ASSUME_YES:-0}" != 1 ]; then
    [ -t 0 ] || exit 1
    printf 'Run it now? [y/N] ' >&2
    read -r answer
    case "$answer" in [yY]*) ;; *) exit 1 ;; esac
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2
apt-get install -y -q --no-install-recommends $package >&2
found
