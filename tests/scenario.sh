#!/bin/sh
# A script as people write them: only --json and exit codes, a clock set by hand.
# It carries the alert in $1 from the pipe to its closure. The last line is "ok".
set -eu

field() { python3 -c 'import json, sys; d = json.loads(sys.stdin.read()); print(eval(sys.argv[1], {"d": d}))' "$1"; }
expect() { [ "$2" = "$3" ] || { echo "$1: expected $2, got $3" >&2; exit 1; }; }

export SDCLI_NOW=2026-11-23T10:00:00Z
first=$(sdcli open - --json < "$1" | head -n 1)
ref=$(printf "%s\n" "$first" | field 'd["ref"]')
expect "action" created "$(printf "%s\n" "$first" | field 'd["action"]')"
again=$(sdcli open - --json < "$1" | head -n 1)
expect "same alert" "deduped $ref" "$(printf "%s\n" "$again" | field 'd["action"] + " " + d["ref"]')"

sdcli classify "$ref" --type incident --impact high --urgency high --json > /dev/null
sdcli accept "$ref" --json > /dev/null
sdcli note "$ref" 'We are on it.' --visible --json > /dev/null
article=$(sdcli search-kb --ticket "$ref" --json | field 'd[0]["id"]')
sdcli escalate "$ref" --to applications --reason 'needs a restart' --json > /dev/null

check() { sdcli sla-check --json | field "[a['threshold'] for a in d if a['ref'] == '$ref']"; }
expect "nothing yet" "[]" "$(check)"
target=$(sdcli show "$ref" --json | field 'd["sla"]["resolution"]["target_s"]')
later() { python3 -c 'import sys, datetime as t; print((t.datetime(2026, 11, 23, 10) + t.timedelta(seconds=int(sys.argv[1]))).strftime("%Y-%m-%dT%H:%M:%SZ"))' "$1"; }

export SDCLI_NOW="$(later $((target * 81 / 100)))"
expect "one warning" "[80]" "$(check)"
expect "said once" "[]" "$(check)"
export SDCLI_NOW="$(later $((target * 101 / 100)))"
expect "one breach" "[100]" "$(check)"
expect "said once" "[]" "$(check)"
expect "breached" breached "$(sdcli show "$ref" --json | field 'd["sla"]["resolution"]["state"]')"

code=0
sdcli close "$ref" --json > /dev/null 2> error.json || code=$?
expect "refused without code" 4 "$code"
expect "error as JSON" refused "$(tail -n 1 error.json | field 'd["error"]["code"]')"
closed=$(sdcli close "$ref" --code solved --confirmed-by lena --via chat --kb "$article:helped" --json)
expect "closed" closed "$(printf "%s\n" "$closed" | field 'd["status"]')"
expect "register" "2" "$(sdcli history "$ref" --json | field 'sum(e["kind"] == "sla_alerted" for e in d)')"
echo ok
