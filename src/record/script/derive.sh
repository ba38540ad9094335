
# Where members lie, from the types that the kernel carries along (BTF): lines `device.driver 104`.
# Of the strings the places of the names that are asked for; then the types with these names. To walk through all types would take minutes
# in a slow awk: a struct is known by the place of its name with a word behind it that says `struct`, which no other record has there, as
# types and strings have smaller numbers. One that lacks a member that is asked for is another of the same name.
members() {
	[ -r "$BTF" ] || return 1
	# shellcheck disable=SC2046 # six numbers: magic, version and flags; length of the header; types: place, length; strings: place, length
	set -- $(od -A n -v -t u4 -N 24 "$BTF")
	[ $# -eq 6 ] && [ $(($1 % 65536)) -eq 60319 ] || return 1
	{
		printf '%s\n=strings\n' "$PROBES"
		tail -c "+$(($2 + $5 + 1))" "$BTF" | tr '\0' '\n'
		echo "=types"
		od -A n -v -t u4 -j $(($2 + $3)) -N "$4" "$BTF"
	} | awk '
		# Takes one word behind another; `left` members of `own` are still to come, of three words each: name, type, offset in bits.
		function take(word) {
			if (left == 0) {
				kind = int(word / 16777216) % 128
				if ((before in struct) && kind == 4 && word % 65536 > 0) {
					own = struct[before]
					flagged = word >= 2147483648
					left = word % 65536
					column = -1
					split("", offset)
				}
				before = word
				return
			}
			column++
			if (column == 1) member = (word in text) ? own "." text[word] : ""
			if (column < 3) return
			if (member in wanted && !(member in offset)) offset[member] = flagged ? word % 16777216 : word
			column = 0
			if (--left > 0) return
			before = ""
			count = 0
			for (one in offset) count++
			if (count <= best[own]) return
			best[own] = count
			for (one in offset) if (offset[one] % 8 == 0) result[one] = offset[one] / 8
		}
		/^=strings$/ && !phase {
			phase = 1
			at = 0
			for (one in wanted) { split(one, part, "."); name[part[1]] = name[part[2]] = is[part[1]] = 1 }
			next
		}
		/^=types$/ && phase == 1 { phase = 2; next }
		!phase {
			rest = $0
			while (match(rest, /[{+-][a-z0-9_]+\.[a-z0-9_]+/)) {
				wanted[substr(rest, RSTART + 1, RLENGTH - 1)] = 1
				rest = substr(rest, RSTART + RLENGTH)
			}
			next
		}
		phase == 1 {
			if ($0 in name) { text[at] = $0; if ($0 in is) struct[at] = $0 }
			at += length($0) + 1
			next
		}
		!left && !($1 in struct) && !($2 in struct) && !($3 in struct) && !($4 in struct) && !(before in struct) { next }
		{ for (i = 1; i <= NF; i++) take($i) }
		END { for (one in result) print one, result[one] }'
}

# The functions that are asked about: lines `name address size module`, of the address the lower half; - where nobody knows.
symbols() {
	{
		printf '%s\n=symbols\n' "$PROBES"
		cat "$KALLSYMS"
	} | awk '
		function number(hex,  i, sum) {
			for (i = length(hex) - 7; i <= length(hex); i++) sum = sum * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return sum
		}
		/^=symbols$/ && !phase { phase = 1; next }
		!phase {
			count = split($2, names, "|")
			for (i = 1; i <= count; i++) wanted[names[i]] = 1
			wanted[$3] = wanted[$4] = 1
			next
		}
		open != "" && $1 != from { printf "%s %.0f %.0f -\n", open, number(from), number($1) - number(from); open = "" }
		$2 !~ /^[tTwW]$/ || !($3 in wanted) || ($3 in found) { next }
		{ found[$3] = 1 }
		NF > 3 { gsub(/[][]/, "", $4); print $3, "- -", $4; next }
		$1 ~ /^0+$/ { print $3, "- - -"; next }
		open != "" { print open, "- - -" }
		{ open = $3; from = $1 }
		END { if (open != "") print open, "- - -" }'
}

# Distances from the start of a function of the calls that it makes, out of the memory of the running kernel: lines `function callee distance`.
# A call is the byte e8 (e9 and 0f 8x where it is a jump, cc under a probe) and a distance that leads exactly to the callee; in other
# places these four bytes are as good as impossible, and the kernel refuses probes that do not sit on an instruction.
sites() { # SYMBOLS
	[ "$MACHINE" = x86_64 ] && [ -r "$KCORE" ] || return 1
	# Part of the file that has the kernel's text: start (lower half), length, place in the file as two halves.
	loads=$(od -A n -v -t x4 -N 16384 "$KCORE" 2>/dev/null | awk '
		function number(hex,  i, sum) { for (i = 1; i <= 8; i++) sum = sum * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1; return sum }
		{ for (i = 1; i <= NF; i++) word[n++] = $i }
		END {
			first = number(word[8]) / 4
			size = int(number(word[13]) / 65536) / 4
			for (i = 0; i < number(word[14]) % 65536; i++) {
				at = first + i * size
				if (number(word[at]) == 1 && word[at + 5] == "ffffffff") printf "%.0f %.0f 0x%s%s\n", number(word[at + 4]), number(word[at + 9]) ? 4294967295 : number(word[at + 8]), word[at + 3], word[at + 2]
			}
		}')
	[ -n "$loads" ] || return 1
	printf '%s\n' "$PROBES" | while read -r _ on _ callee _; do
		[ "$callee" = - ] || printf '%s\n' "$on $callee"
	done | sort -u | while read -r on callee; do
		printf '%s\n' "$1" | awk -v on="$on" -v callee="$callee" '
			$1 == on { from = $2; size = $3 }
			$1 == callee { to = $2 }
			END { if (from > 0 && to > 0 && size > 0 && size <= 16384) print on, callee, from, size, to }'
	done | while read -r on callee from size to; do
		printf '%s\n' "$loads" | while read -r start length place; do
			if [ "$from" -lt "$start" ] || [ $((from + size - start)) -gt "$length" ]; then continue; fi
			at=$((place + from - start))
			dd if="$KCORE" bs=4096 skip=$((at / 4096)) count=$(((at % 4096 + size + 4095) / 4096)) 2>/dev/null | od -A n -v -t u1 -j $((at % 4096)) -N "$size" |
				awk -v on="$on" -v callee="$callee" -v from="$from" -v to="$to" '
					{ for (i = 1; i <= NF; i++) byte[n++] = $i }
					END {
						for (i = 0; i < n - 4; i++) {
							long = byte[i] == 15 && byte[i + 1] >= 128 && byte[i + 1] < 144
							if (!long && byte[i] != 232 && byte[i] != 233 && byte[i] != 204) continue
							at = i + long
							if (at + 4 >= n) continue
							goes = from + at + 5 + byte[at + 1] + 256 * (byte[at + 2] + 256 * (byte[at + 3] + 256 * byte[at + 4]))
							if (goes % 4294967296 == to) print on, callee, i
						}
					}'
			break
		done
	done
}

# Which of the modules that are not loaded could be: their names.
modules() {
	printf '%s\n' "$PROBES" | while read -r _ _ _ _ _ module _; do echo "$module"; done | sort -u | while read -r module; do
		grep -q "/$(printf '%s' "$module" | sed 's/_/[-_]/g')\.ko" "$ROOT/lib/modules/$RELEASE/modules.dep" 2>/dev/null && echo "$module"
	done
}

# What the probes are on this kernel: lines for kprobe_events, and what cannot be as `# absent ...`, `# no-call ...`, `# no-member ...`, `# registers ...`.
expand() { # GROUP SYMBOLS MEMBERS SITES MODULES
	{
		printf '=symbols\n%s\n=members\n%s\n=sites\n%s\n=modules\n%s\n=probes\n%s\n' "$2" "$3" "$4" "$5" "$PROBES"
	} | awk -v group="$1" -v machine="$MACHINE" '
		/^=/ { phase = $0; next }
		NF == 0 { next }
		phase == "=symbols" { module[$1] = $4; next }
		phase == "=members" { offset[$1] = $2; next }
		phase == "=sites" { site[$1, $2, ++sites[$1, $2]] = $3; next }
		phase == "=modules" { loadable[$1] = 1; next }
		{
			event = $1; unless = $3; callee = $4; returns = $5; own = $6
			if (unless in module) next
			count = split($2, names, "|")
			on = ""
			for (i = count; i > 0; i--) if (names[i] in module) on = names[i]
			if (on == "" && own != "-" && own in loadable) { on = names[1]; module[on] = own }
			if (on == "") { if (callee == "-") print "# absent", names[count], event; next }
			fields = ""
			for (i = 7; i <= NF; i++) fields = fields " " $i
			while (match(fields, /[{][^}]*[}]/)) {
				rest = substr(fields, RSTART + 1, RLENGTH - 2)
				before = substr(fields, 1, RSTART - 1)
				after = substr(fields, RSTART + RLENGTH)
				sum = 0
				missing = ""
				while (match(rest, /^[+-]?[a-z0-9_]+\.[a-z0-9_]+/)) {
					term = substr(rest, 1, RLENGTH)
					rest = substr(rest, RLENGTH + 1)
					sign = term ~ /^-/ ? -1 : 1
					sub(/^[+-]/, "", term)
					if (term in offset) sum += sign * offset[term]
					else missing = term
				}
				if (missing != "") { print "# no-member", missing, event; next }
				fields = before (sum < 0 ? sum : "+" sum) after
			}
			if (machine != "x86_64" && (callee != "-" || fields ~ /%/)) { print "# registers", on, event; next }
			if (callee != "-") {
				if (!sites[on, callee]) print "# no-call", on, event, callee
				for (i = 1; i <= sites[on, callee]; i++) print "p:" group "/" event " " on "+" site[on, callee, i] fields
				next
			}
			place = (module[on] == "-" ? "" : module[on] ":") on
			print "p:" group "/" event " " place fields
			if (returns != "-") print "r:" group "/" event "_ret " place (returns == "void" ? "" : " ret=$retval:" returns)
		}'
}
