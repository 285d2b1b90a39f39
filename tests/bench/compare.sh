#!/bin/sh
# compare.sh - fsbench over several mounts in alternation: medians and ratios.
#
#   compare.sh [options] NAME=DIR NAME=DIR... [-- fsbench options]
#
#   -r N       rounds (7)               -s S      seconds a phase (0.3)
#   -p A,B     phases (all)             -t T      threads of open_read_mt (4)
#   -b A,B     names of the mounts to give ratios against (the first two given)
#   -o FILE    keep the raw JSON lines
#
# The unit of alternation is one phase: in each round every phase is run on every
# mount before the next phase begins, forward in odd rounds, backward in even
# ones, so slow drift and other load of the machine fall on all alike. A ratio is
# the median of the rounds' ratios (not the ratio of medians). "spread" is half
# the distance of the quartiles over the median: above 10 % trust nothing.
#
# All mounts must show the same content, at the same paths. To compare a mount with
# tmpfs, copy its content there first (cp -r), or use the standard content:
#
#   fsbench --make /dev/shm/std
#   compare.sh tmpfs=/dev/shm/std hp=/mnt/hp ours=/mnt/ours
#   compare.sh tmpfs=/dev/shm/copy ours=/mnt/sl -- --small campaigns --dir campaigns \
#       --large campaigns/12345-x/leads.csv
set -eu

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 2; }

rounds=7 seconds=0.3 phases= threads=4 base= raw=
while getopts r:s:p:t:b:o:h flag; do
	case $flag in
	r) rounds=$OPTARG ;;  s) seconds=$OPTARG ;;  p) phases=$OPTARG ;;
	t) threads=$OPTARG ;; b) base=$OPTARG ;;     o) raw=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))

mounts= backward=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	case $1 in ?*=?*) ;; *) usage ;; esac
	case $1 in *[[:space:]]*) echo "compare.sh: no spaces in names or paths: $1" >&2; exit 2 ;; esac
	mounts="$mounts $1" backward="$1 $backward"
	shift
done
[ -n "$mounts" ] || usage
[ $# -eq 0 ] || shift
if [ -z "$base" ]; then
	base=$(printf '%s\n' $mounts | sed 's/=.*//' | head -2 | paste -sd, -)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
fsbench=${FSBENCH:-$work/fsbench}
[ -n "${FSBENCH:-}" ] ||
	${CC:-cc} -O2 -Wall -Wextra -D_GNU_SOURCE -pthread -o "$fsbench" "$(dirname "$0")/fsbench.c"
if [ -z "$phases" ]; then
	phases=$("$fsbench" --help | sed -n 's/.*Phases: *//p' | tr ' ' ,)
fi
[ -n "$raw" ] || raw=$work/raw
: >"$raw"

round=1
while [ "$round" -le "$rounds" ]; do
	order=$mounts
	[ $((round % 2)) -eq 1 ] || order=$backward
	for phase in $(echo "$phases" | tr , ' '); do
		for mount in $order; do
			"$fsbench" --label "${mount%%=*}" --seconds "$seconds" --threads "$threads" \
				--phases "$phase" "$@" "${mount#*=}" | sed "s/^{/{\"round\":$round,/" >>"$raw" ||
				echo "compare.sh: $phase on $mount failed" >&2
		done
	done
	[ ! -t 2 ] || printf '\rround %d of %d' "$round" "$rounds" >&2
	round=$((round + 1))
done
[ ! -t 2 ] || printf '\r%40s\r' '' >&2

awk -v base="$base" -v rounds="$rounds" '
function field(name,    s) {
	s = $0
	if (!sub(".*\"" name "\":", "", s)) return ""
	sub(/^"/, "", s)
	sub(/["},].*/, "", s)
	return s
}
# The q-quantile of the numbers in list (separated by blanks).
function quantile(list, q,    a, n, i, j, t, x) {
	n = split(list, a, " ")
	if (!n) return 0
	for (i = 2; i <= n; i++) {
		t = a[i] + 0
		for (j = i - 1; j > 0 && a[j] + 0 > t; j--) a[j + 1] = a[j]
		a[j + 1] = t
	}
	x = 1 + (n - 1) * q
	i = int(x)
	return i >= n ? a[n] + 0 : a[i] + (x - i) * (a[i + 1] - a[i])
}
{
	label = field("label"); phase = field("phase"); round = field("round")
	if (!(label in seen_label)) { seen_label[label]; labels[++nl] = label }
	if (!(phase in seen_phase)) { seen_phase[phase]; phases[++np] = phase; unit[phase] = field("unit") }
	value[phase, label, round] = field("value")
	bad[phase, label] += field("bad")
}
END {
	nb = split(base, bases, ",")
	for (p = 1; p <= np; p++) {
		phase = phases[p]
		printf "\n### %s (%s)\n\n| mount | median | spread |", phase, unit[phase]
		for (b = 1; b <= nb; b++) printf " x %s |", bases[b]
		printf "\n| --- | --: | --: |"
		for (b = 1; b <= nb; b++) printf " --: |"
		print ""
		for (l = 1; l <= nl; l++) {
			label = labels[l]; all = ""
			for (r = 1; r <= rounds; r++)
				if ((phase, label, r) in value) all = all " " value[phase, label, r]
			if (all == "") continue
			med = quantile(all, 0.5)
			printf "| %s | %.0f | %.0f %% |", label, med,
				med ? 50 * (quantile(all, 0.75) - quantile(all, 0.25)) / med : 0
			for (b = 1; b <= nb; b++) {
				ratios = ""
				for (r = 1; r <= rounds; r++)
					if (((phase, label, r) in value) && value[phase, bases[b], r] + 0 > 0)
						ratios = ratios " " value[phase, label, r] / value[phase, bases[b], r]
				if (ratios == "") printf " - |"
				else printf " %.3g |", quantile(ratios, 0.5)
			}
			if (bad[phase, label]) printf " %d reads shorter or longer than st_size", bad[phase, label]
			print ""
		}
	}
}' "$raw"
