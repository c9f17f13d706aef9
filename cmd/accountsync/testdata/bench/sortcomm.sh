# Holds one CSV file against another, none of whose rows spans lines, with GNU
# sort, comm and awk: sh sortcomm.sh DESIRED.csv LIVE.csv
set -e
export LC_ALL=C
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
tail -n +2 "$1" | sort -o "$dir/desired"
tail -n +2 "$2" | sort -o "$dir/live"
comm -3 "$dir/desired" "$dir/live" | awk -F, '
	{ live = sub(/^\t/, "", $1); seen[$1] += live ? 2 : 1 }
	END {
		for (key in seen) n[seen[key]]++
		printf "create %d put %d delete %d\n", n[1], n[3], n[2]
	}'
