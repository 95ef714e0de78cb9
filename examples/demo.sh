#!/bin/sh
# From an alert in a pipe to a confirmed closure, with the clock set by hand.
# `make demo` runs it; the README shows what it prints, and a test compares the two.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset SDCLI_DESK SDCLI_LOCK_WAIT
export SDCLI_USER=ben NO_COLOR=1

at() {
    export SDCLI_NOW="$1"
    printf '\n$ export SDCLI_NOW=%s\n' "$1"
}

run() {
    printf '$ %s\n' "$*"
    sh -c "$*" 2>&1
}

cd "$scratch"
cp "$here/alertmanager.json" .
export SDCLI_NOW=2026-11-23T10:00:00Z
printf '$ sdcli init desk && cd desk\n'
sdcli init desk >/dev/null 2>&1
cd desk

at 2026-11-23T10:00:00Z
run "sdcli open - < ../alertmanager.json"
run "sdcli list"

at 2026-11-23T10:04:00Z
run "sdcli accept SD-1"
run "sdcli note SD-1 'We see the shop failing and are on it' --visible --minutes 2"
run "sdcli search-kb 'website answers 503' --limit 1"
run "sdcli escalate SD-1 --to applications --reason 'the checkout pods restart in a loop'"

at 2026-11-23T11:40:00Z
run "sdcli sla-check"
run "sdcli sla-check"

at 2026-11-23T11:52:00Z
run "sdcli close SD-1 --code solved --confirmed-by lena --via chat --kb KB-126:helped"
run "sdcli history SD-1"
