#!/usr/bin/env bash
# What calls cost a gateway in CPU, measured with SIPp and our own 3G phones on loopback: see benches/README.md.
# Usage: benches/load/run.sh [VIREO]    (default: target/release/vireo)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
vireo=${1:-target/release/vireo}
scenario=crates/vireo/tests/sipp/call.xml
work=$(mktemp -d)
"$vireo" run --config benches/load/vireo.toml >"$work/out" 2>"$work/log" &
gateway=$!
trap 'kill -INT $gateway 2>/dev/null || true; wait $gateway 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 600); do
    grep -qx ready "$work/out" && break
    kill -0 $gateway 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.5
done

# User and system time so far, in hundredths of a second (proc(5), fields 14 and 15).
ticks() { awk '{print $14 + $15}' /proc/$gateway/stat; }

# calls NUMBER COUNT RATE AT_ONCE MILLISECONDS
calls() {
    sipp -nostdin -sf "$scenario" -s "$1" -i 127.0.0.1 -p 5090 -mp 33000 -m "$2" -r "$3" -l "$4" -d "$5" \
        -timeout 120 -trace_err -error_file "$work/sipp" 127.0.0.1:5060 >"$work/sipp.out" 2>&1
}

for round in 1 2 3; do
    before=$(ticks)
    calls 101 1000 100 50 0
    awk -v t=$(($(ticks) - before)) -v r=$round \
        'BEGIN { printf "round %d: 1000 calls of INVITE, 200, ACK, BYE: %.2f s of CPU\n", r, t / 100 }'
done
for round in 1 2 3; do
    before=$(ticks)
    calls 100 100 50 100 30000
    awk -v t=$(($(ticks) - before)) -v r=$round \
        'BEGIN { printf "round %d: 100 calls of 30 s, PCMU and H.264 CIF at 15/s: %.3f ms of CPU a call-second\n", r, t * 10 / 3000 }'
done
for round in 1 2 3; do
    before=$(ticks)
    "$vireo" call --3g sip:100@127.0.0.1:5060 --calls 300 --rate 30 --seconds 30 >"$work/calls" ||
        { cat "$work/calls" >&2; exit 1; }
    awk -v t=$(($(ticks) - before)) -v r=$round \
        'BEGIN { printf "round %d: 300 3G calls of 30 s, AMR and H.263: %.3f ms of CPU a call-second\n", r, t * 10 / 9000 }'
    grep -E '^(INVITE|3G set-up)' "$work/calls"
done
