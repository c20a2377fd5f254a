#!/usr/bin/env bash
# Times servmap beside other programs that read captures, on large captures made of the small ones of this folder, and
# prints tables in Markdown. Needs Go and Linux; tcpdump, ndpiReader (Debian: libndpi-bin) and softflowd take part where
# they are installed.
#
# usage: testdata/bench.sh [MB [ROUNDS [FOLDER]]]        default: 1000 5, and a folder that is removed at the end
#        testdata/bench.sh growth [DIVISOR [FOLDER]]     how cost grows; DIVISOR makes all of it smaller
#
# The programs run in turn, A B C A B C, and the median of each counts: on a machine that others use, a ratio of
# two times from the same minutes holds, a time does not. Captures stay in FOLDER for the next run.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
repo=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

growth=
if [ "${1:-}" = growth ]; then
  growth=1 divisor=${2:-1} folder=${3:-$work}
else
  size=${1:-1000} rounds=${2:-5} folder=${3:-$work}
fi
mkdir -p "$folder"
(cd "$repo" && CGO_ENABLED=0 go build -o "$work/servmap" . && CGO_ENABLED=0 go build -o "$work/large" ./testdata/large)
servmap=$work/servmap

# make KIND SIZE: prints the path of the capture, which is made where it is not there.
make() {
  local path=$folder/$1-$2.pcap
  [ -s "$path" ] || { "$work/large" "$1" "$2" "$path.part" && mv "$path.part" "$path"; }
  cat "$path" >/dev/null # into the page cache
  printf '%s' "$path"
}

# measure NAME COMMAND...: appends wall seconds to NAME.s and peak resident kB to NAME.kb. servmap's status 1 means
# anomalies. Standard error is kept, for servmap's summary.
measure() {
  local name=$1 begin end status=0
  shift
  begin=$EPOCHREALTIME
  if [ -x /usr/bin/time ]; then
    /usr/bin/time -q -f %M -a -o "$work/$name.kb" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  else
    watched "$work/$name.kb" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  fi
  end=$EPOCHREALTIME
  if [ "$status" -gt 1 ]; then
    printf '%s: status %s: %s\n' "$*" "$status" "$(tail -1 "$work/stderr")" >&2
    exit 1
  fi
  awk -v a="$begin" -v b="$end" 'BEGIN{printf "%.6f\n", b-a}' >>"$work/$name.s"
}

# watched OUT COMMAND...: runs the command and appends the last peak that the system told of it.
watched() {
  local out=$1 pid peak=0 now status=0
  shift
  "$@" <&0 &
  pid=$!
  while now=$(awk '/^VmHWM/{print $2}' "/proc/$pid/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.02
  done
  wait "$pid" || status=$?
  echo "$peak" >>"$out"
  return "$status"
}

# median FILE: the median of its numbers, or nothing.
median() {
  [ -s "$1" ] || return 0
  sort -g "$1" | awk '{v[NR]=$1} END{print NR%2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'
}

# ratio A B: A/B, or a dash where one is missing.
ratio() { awk -v a="${1:-0}" -v b="${2:-0}" 'BEGIN{if (a>0 && b>0) printf "%.3g", a/b; else printf "–"}'; }

megabytes() { awk -v k="${1:-0}" 'BEGIN{if (k>0) printf "%.0f", k/1024; else printf "–"}'; }

machine() {
  local model
  model=$(awk -F': *' '/^(model name|Model)/{print $2; exit}' /proc/cpuinfo)
  printf '%s, %s cores, %s, %s, %s\n\n' "${model:-$(uname -m)}" "$(nproc)" "$(uname -sr)" "$(go env GOVERSION)" "$(date -u +%F)"
}

peers=()
for peer in tcpdump ndpiReader softflowd; do
  if command -v "$peer" >/dev/null || [ -x "/usr/sbin/$peer" ]; then peers+=("$peer"); fi
done
PATH=$PATH:/usr/sbin

# one PROGRAM FILE: measures one program on one capture.
one() {
  local f=$2 out=$work/out
  rm -f "$out"
  case $1 in
    check) measure "$1" "$servmap" check -q -m "$work/map.json" -o "$out" "$f" ;;
    check-1) measure "$1" "$servmap" check -q --workers 1 -m "$work/map.json" -o "$out" "$f" ;;
    flows) measure "$1" "$servmap" flows -q -o "$out" "$f" ;;
    train) measure "$1" "$servmap" train -q -o "$out" "$f" ;;
    tcpdump) measure "$1" tcpdump -r "$f" -w /dev/null ;;
    ndpiReader) measure "$1" ndpiReader -q -i "$f" ;;
    softflowd) measure "$1" softflowd -d -r "$f" -m 8000000 -p "$work/softflowd.pid" -c none ;;
  esac
}

compare() {
  local kind f name seconds peak
  "$servmap" train -q -o "$work/map.json" "$here/baseline.pcap"
  machine
  printf 'Captures of %s MB, medians of %s rounds; the last three columns are ratios of wall time.\n\n' "$size" "$rounds"
  printf '| capture | program | seconds | peak MB | of tcpdump | of ndpiReader | of softflowd |\n|---|---|---|---|---|---|---|\n'
  for kind in mix elephant scan; do
    f=$(make "$kind" "${size}MB")
    rm -f "$work"/*.s "$work"/*.kb
    for ((round = 0; round < rounds; round++)); do
      for name in check check-1 flows train "${peers[@]}"; do one "$name" "$f"; done
    done
    for name in check check-1 flows train "${peers[@]}"; do
      seconds=$(median "$work/$name.s")
      peak=$(median "$work/$name.kb")
      printf '| %s | %s | %.2f | %s | %s | %s | %s |\n' "$kind" "${name/-1/, 1 worker}" "$seconds" "$(megabytes "$peak")" \
        "$(ratio "$seconds" "$(median "$work/tcpdump.s")")" "$(ratio "$seconds" "$(median "$work/ndpiReader.s")")" \
        "$(ratio "$seconds" "$(median "$work/softflowd.s")")"
    done
    if [ "$folder" = "$work" ]; then rm -f "$f"; fi
  done
  startup
}

# loop N COMMAND...: the mean milliseconds of a run.
loop() {
  local n=$1 begin end
  shift
  begin=$EPOCHREALTIME
  for ((i = 0; i < n; i++)); do "$@" >"$work/stdout" 2>&1; done
  end=$EPOCHREALTIME
  awk -v a="$begin" -v b="$end" -v n="$n" 'BEGIN{printf "%.3f\n", 1000*(b-a)/n}'
}

startup() {
  local ten=$work/ten.pcap against
  "$work/large" mix 10packets "$ten"
  rm -f "$work"/*.ms
  for ((round = 0; round < 10; round++)); do
    loop 10 "$servmap" version >>"$work/version.ms"
    loop 10 "$servmap" flows -q "$ten" >>"$work/flows.ms"
    if [ -n "$(command -v tcpdump)" ]; then loop 10 tcpdump -n -r "$ten" >>"$work/tcpdump.ms"; fi
  done
  printf '\nStart-up: 100 runs each, in turns of ten, the shell'\''s fork counted.\n\n'
  printf '| program | milliseconds | of tcpdump |\n|---|---|---|\n'
  against=$(median "$work/tcpdump.ms")
  printf '| servmap version | %.1f | %s |\n' "$(median "$work/version.ms")" "$(ratio "$(median "$work/version.ms")" "$against")"
  printf '| servmap flows, ten packets | %.1f | %s |\n' "$(median "$work/flows.ms")" "$(ratio "$(median "$work/flows.ms")" "$against")"
  if [ -n "$against" ]; then printf '| tcpdump -n -r, ten packets | %.1f | 1 |\n' "$against"; fi
}

# grow FROM SIZE LABEL FLAGS...: a row of a table of growth; FROM is "file KIND" or "pipe KIND".
grow() {
  local way=$1 kind=$2 amount=$3 label=$4 f= row="" workers packets=0 flows=0
  shift 4
  if [ "$way" = file ]; then f=$(make "$kind" "$amount"); fi
  rm -f "$work"/*.s "$work"/*.kb
  for workers in 1 2; do
    rm -f "$work/out"
    if [ "$way" = file ]; then
      measure "$workers" "$servmap" flows --workers "$workers" -o "$work/out" "$@" "$f"
    else
      measure "$workers" "$servmap" flows --workers "$workers" -o "$work/out" "$@" - < <("$work/large" "$kind" "$amount" -)
    fi
    read -r packets flows < <(awk '/ packets, .* flows/{for (i=2; i<=NF; i++) {if ($i ~ /^packets/) p=$(i-1); if ($i ~ /^flows/) f=$(i-1)}} END{print p+0, f+0}' "$work/stderr")
    row+=$(awk -v s="$(cat "$work/$workers.s")" -v m="$(megabytes "$(cat "$work/$workers.kb")")" -v p="$packets" \
      'BEGIN{printf " %.2f | %.0f | %s |", s, p ? 1e9*s/p : 0, m}')
  done
  printf '| %s | %s | %s | %s |%s\n' "$label" "$way" "$packets" "$flows" "$row"
  if [ -n "$f" ] && [ "$folder" = "$work" ]; then rm -f "$f"; fi
}

heading() {
  printf '| %s | from | packets | flows | 1 worker: s | ns/packet | peak MB | 2 workers: s | ns/packet | peak MB |\n' "$1"
  printf '|---|---|---|---|---|---|---|---|---|---|\n'
}

# part N: N by the divisor, as people write it.
part() { awk -v n="$1" -v d="$divisor" 'BEGIN{printf n%d ? "%.1f" : "%d", n/d}'; }

growing() {
  local mb n
  machine
  printf 'servmap flows on mix, by the length of the capture. A pipe comes from a generator that shares the processors.\n\n'
  heading MB
  for mb in 100 300 1000 3000; do grow file mix "$((mb * 1000 / divisor))kB" "$(part "$mb")"; done
  for mb in 1000 10000; do grow pipe mix "$((mb * 1000 / divisor))kB" "$(part "$mb")"; done
  printf '\nservmap flows on scan, by the number of flows; 20,000 packets a second, so that at most 2.3 million are alive.\n\n'
  heading flows
  for n in 10000 100000 1000000 10000000; do grow file scan "$(part "$n")flows" "$(part "$n")"; done
  printf '\nThe same where no flow ends before the capture does.\n\n'
  heading flows
  for n in 10000 100000 1000000 10000000; do
    grow file scan "$(part "$n")flows" "$(part "$n")" --idle-timeout 0 --active-timeout 0 --max-flows 0
  done
}

if [ -n "$growth" ]; then growing; else compare; fi
