#!/bin/sh
# What the package does to the configuration of others, and how it takes that back. Sourced; calls uci.
# A function whose body is in parentheses has variables of its own.

VENDOR_CLASS=dslforum.org
MARK_BEGIN="# >>> cpe-agent"
MARK_END="# <<< cpe-agent"
DHCP_SCRIPT="${DHCP_SCRIPT:-/lib/netifd/dhcp.script}"
DHCPV6_SCRIPT="${DHCPV6_SCRIPT:-/lib/netifd/dhcpv6.script}"
ETC="${ETC:-/etc}"
ASKED="$ETC/cpe-agent/asked"

say() {
	logger -t cpe-agent "$*"
}

# One of our options, unless somebody has set it. An empty value says nothing.
set_new() {
	[ -n "$2" ] || return 0
	[ -n "$(uci -q get "cpe-agent.$1")" ] || put "$1" "$2"
}

# One of our options.
put() {
	put_in cpe-agent "${1%%.*}" "${1#*.}" "$2"
}

# PACKAGE SECTION OPTION VALUE, in the text of the file: uci would drop the comments that explain each, and commit what
# somebody has staged.
put_in() (
	file="$(readlink -f "$ETC/config/$1")"
	value="$(printf '%s' "$4" | sed "s/'/'\\\\''/g")"

	copied "$file" || exit 1
	[ "$1" = cpe-agent ] && ours=1 || ours=0
	LINE="	option $3 '$value'" awk -v section="$2" -v option="$3" -v is_ours="$ours" '
		function ours() { if (inside && !done) { print ENVIRON["LINE"]; done = 1 } }
		function blanks() { printf "%s", held; held = "" }
		/^([ \t]*$|# )/ { held = held $0 "\n"; next }
		$1 == "config" {
			ours()
			name = $3
			gsub(/[\047"]/, "", name)
			inside = (name == section || (name == "" && $2 == section))
		}
		{ blanks() }
		inside && $2 == option && ($1 ~ /^(option|list)$/ || (is_ours && $1 ~ /^#(option|list)$/)) { ours(); next }
		{ print }
		END {
			ours()
			blanks()
			if (done || !is_ours) exit
			printf "\nconfig %s \047%s\047\n%s\n", section, section, ENVIRON["LINE"]
			exit 3
		}
	' "$file" >"$file.new"
	[ $? = 3 ] && section="set checked.$2=$2" || section=""
	take_new "$1" "$section
set checked.$2.$3='$value'" "set $1.$2.$3"
)

# FILE: a new one beside it, with its mode and owner.
copied() {
	cp -p "$1" "$1.new" 2>/dev/null && return 0
	rm -f "$1.new"
	say "$1 is left as it is: nothing can be written beside it"
	return 1
}

# PACKAGE SECTION OPTION: the line goes, and nothing else.
take_out() (
	file="$(readlink -f "$ETC/config/$1")"

	copied "$file" || exit 1
	awk -v section="$2" -v option="$3" '
		$1 == "config" {
			name = $3
			gsub(/[\047"]/, "", name)
			inside = (name == section)
		}
		inside && $1 == "option" && $2 == option { next }
		{ print }
	' "$file" >"$file.new"
	take_new "$1" "delete checked.$2.$3" "delete $1.$2.$3"
)

# PACKAGE COMMANDS WORDS: the new text is taken if it says what the old one says after uci's own COMMANDS. What we read by
# lines may be written in ways that only uci understands.
take_new() (
	file="$(readlink -f "$ETC/config/$1")"
	there="$(mktemp -d)" || exit 1

	# Under a name that nobody has staged anything for.
	mkdir "$there/old" "$there/new"
	cp "$file" "$there/old/checked"
	cp "$file.new" "$there/new/checked"
	said_by_uci "$there/old" "$2" >"$there/wanted"
	said_by_uci "$there/new" >"$there/made"
	if [ -s "$there/wanted" ] && cmp -s "$there/wanted" "$there/made"; then
		mv "$file.new" "$file"
		done=0
	else
		rm -f "$file.new"
		say "$file is left as it is, because of how it is written; up to you: uci $3"
		done=1
	fi
	rm -r "$there"
	exit $done
)

# DIRECTORY COMMANDS: what its package "checked" says after them, in the order of the alphabet.
said_by_uci() {
	printf '%s\nshow checked\n' "$2" | uci -q -c "$1" -t "$1.staged" batch | sort
}

# DHCP clients of the WAN's networks are to ask for an ACS, where the owner has said nothing else. What was made so is
# remembered: once it is gone, somebody has decided that.
ask_for_an_acs() (
	if [ -n "$(uci -q changes network)" ]; then
		say "network has edits that nobody has committed: DHCP is not told to ask for an ACS"
		exit 0
	fi
	for network in $(networks_of_wan); do
		case "$(uci -q get "network.$network.proto")" in
		dhcp)
			ask "$network" reqopts "43 125"
			ask "$network" vendorid "$VENDOR_CLASS"
			;;
		dhcpv6)
			ask "$network" reqopts 17
			;;
		esac
	done
)

ask() {
	[ -z "$(uci -q get "network.$1.$2")" ] && ! grep -q "^$1 $2 " "$ASKED" 2>/dev/null || return 0
	mkdir -p "${ASKED%/*}"
	echo "$1 $2 $3" 2>/dev/null >>"$ASKED" || return 0
	put_in network "$1" "$2" "$3" || sed -i '$d' "$ASKED"
}

# What ask_for_an_acs has made, and nobody has changed since.
ask_no_more() (
	[ -r "$ASKED" ] || exit 0
	if [ -n "$(uci -q changes network)" ]; then
		say "network has edits that nobody has committed: DHCP goes on asking for an ACS"
		exit 0
	fi
	while read -r network option value; do
		[ "$(uci -q get "network.$network.$option")" != "$value" ] || take_out network "$network" "$option"
	done <"$ASKED"
	rm "$ASKED"
)

# Those of the firewall's zone "wan", else the usual two.
networks_of_wan() (
	found=""
	place=0
	while zone="$(uci -q get "firewall.@zone[$place].name")"; do
		[ "$zone" != wan ] || found="$found $(uci -q get "firewall.@zone[$place].network")"
		place=$((place + 1))
	done
	echo "${found:-wan wan6}"
)

# Releases whose scripts know one file of the owner's only: a part of it becomes ours, between marks.
hook_old_scripts() {
	hook_old_script "$DHCP_SCRIPT" udhcpc.user
	hook_old_script "$DHCPV6_SCRIPT" odhcp6c.user
}

hook_old_script() (
	script="$1"
	file="$ETC/$2"

	[ -r "$script" ] && ! grep -q "$2\.d" "$script" || exit 0
	! grep -qF "$MARK_BEGIN" "$file" 2>/dev/null || exit 0
	# The owner's last line may have no end.
	[ -z "$(tail -c 1 "$file" 2>/dev/null)" ] || echo >>"$file"
	# In braces of its own: it is sourced, and must not end or change who sources it.
	printf '%s\n( . %s/%s.d/50-cpe-agent ) || :\n%s\n' "$MARK_BEGIN" "$ETC" "$2" "$MARK_END" >>"$file"
)

unhook_old_scripts() (
	for file in "$ETC/udhcpc.user" "$ETC/odhcp6c.user"; do
		# A mark behind the owner's last word is an earlier release's.
		! grep -qF "$MARK_BEGIN" "$file" 2>/dev/null ||
			sed -i "/^$MARK_BEGIN\$/,/^$MARK_END\$/d; /.$MARK_BEGIN\$/,/^$MARK_END\$/{ s/$MARK_BEGIN\$//; t; d; }" "$file"
	done
)

# Who the device says it is, from what the board's description says.
identity_of_the_board() (
	model="$(cat /tmp/sysinfo/model 2>/dev/null)"
	[ -n "$model" ] || model="$(json /etc/board.json '@.model.name')"
	maker="${model%% *}"
	if [ "$maker" != "$model" ]; then
		set_new identity.manufacturer "$(printable "$maker")"
		set_new identity.product_class "$(printable "${model#* }")"
	else
		set_new identity.product_class "$(printable "$model")"
	fi
	mac="$(json /etc/board.json '@.system.label_macaddr')"
	[ -n "$mac" ] || mac="$(json /etc/board.json '@.network.wan.macaddr')"
	[ -n "$mac" ] || mac="$(json /etc/board.json '@.network.lan.macaddr')"
	mac="$(echo "$mac" | tr -d ':-' | tr 'a-f' 'A-F')"
	case "$mac" in
	[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F])
		set_new identity.oui "$(echo "$mac" | cut -c 1-6)"
		set_new identity.serial_number "$mac"
		;;
	esac
)

json() {
	jsonfilter -q -i "$1" -e "$2" 2>/dev/null
}

# One line of at most 64 characters, as the settings take it.
printable() {
	printf '%s' "$1" | tr -cd '\040-\176' | cut -c 1-64
}

# For the ACS's requests: nobody may guess them, and the owner can read them.
make_credentials() {
	set_new connection_request.username "cpe-$(random 8)"
	set_new connection_request.password "$(random 24)"
}

random() {
	tr -dc 'a-km-zA-HJ-NP-Z2-9' </dev/urandom | head -c "$1"
}

# The settings of easycwmp, which ends. Its sections have no names.
migrate_easycwmp() (
	[ -e "$ETC/config/easycwmp" ] || exit 1
	url="$(uci -q get easycwmp.@acs[0].url)"
	host="$(uci -q get easycwmp.@acs[0].hostname)"
	# Up to 1.1 the URL was in pieces.
	[ -n "$url" ] || [ -z "$host" ] || {
		url="$(uci -q get easycwmp.@acs[0].scheme)"
		url="${url:-http}://$host:$(uci -q get easycwmp.@acs[0].port)$(uci -q get easycwmp.@acs[0].path)"
	}
	take_acs "$url" "$(uci -q get easycwmp.@acs[0].username)" "$(uci -q get easycwmp.@acs[0].password)" || exit 1
	take_interval "$(uci -q get easycwmp.@acs[0].periodic_enable)" "$(uci -q get easycwmp.@acs[0].periodic_interval)"
	take_requests "$(uci -q get easycwmp.@local[0].port)" "$(uci -q get easycwmp.@local[0].username)" \
		"$(uci -q get easycwmp.@local[0].password)"
	take_file acs.ca_file "$(uci -q get easycwmp.@acs[0].ssl_cacert)"
	take_file acs.client_certificate "$(uci -q get easycwmp.@acs[0].ssl_cert)"
	take_identity "$(uci -q get easycwmp.@device[0].manufacturer)" "$(uci -q get easycwmp.@device[0].oui)" \
		"$(uci -q get easycwmp.@device[0].product_class)" "$(uci -q get easycwmp.@device[0].serial_number)"
	retire easycwmpd
)

# The settings of icwmp, whose package is cwmp.
migrate_icwmp() {
	[ -e "$ETC/config/cwmp" ] || return 1
	case "$(uci -q get cwmp.acs.dhcp_discovery)" in
	disable | disabled | 0 | false) put discovery.enable 0 ;;
	esac
	take_acs "$(uci -q get cwmp.acs.url)" "$(uci -q get cwmp.acs.userid)" "$(uci -q get cwmp.acs.passwd)" || return 1
	take_interval "$(uci -q get cwmp.acs.periodic_inform_enable)" "$(uci -q get cwmp.acs.periodic_inform_interval)"
	take_requests "$(uci -q get cwmp.cpe.port)" "$(uci -q get cwmp.cpe.userid)" "$(uci -q get cwmp.cpe.passwd)"
	case "$(uci -q get cwmp.cpe.path)" in
	"" | *[!A-Za-z0-9._~-]* | . | ..) ;;
	*) put connection_request.path "$(uci -q get cwmp.cpe.path)" ;;
	esac
	take_identity "$(uci -q get cwmp.cpe.manufacturer)" "$(uci -q get cwmp.cpe.manufacturer_oui)" \
		"$(uci -q get cwmp.cpe.product_class)" "$(uci -q get cwmp.cpe.serial_number)"
	retire icwmpd
}

# URL, user name and password; nothing is taken of an ACS whose URL the agent would refuse: who was there before goes on.
take_acs() {
	case "$1" in
	http://?* | https://?*) ;;
	*) return 1 ;;
	esac
	scheme="${1%%://*}"
	beyond="${1#*://}"
	authority="${beyond%%[/?#]*}"
	beyond="${beyond#"$authority"}"
	login=""
	case "$authority" in
	*@*)
		login="${authority%@*}"
		authority="${authority##*@}"
		;;
	esac
	authority="${authority%:}"
	if ! is_authority "$authority" || ! is_of_a_url "$beyond"; then
		say "the ACS that was configured is not taken over, because its URL cannot be used: set cpe-agent.acs.url"
		return 1
	fi
	case "$login" in
	*:*) set -- "$1" "${2:-${login%%:*}}" "${3:-${login#*:}}" ;;
	?*) set -- "$1" "${2:-$login}" "$3" ;;
	esac
	put acs.url "$scheme://$authority$beyond"
	take acs.username "$2"
	take acs.password "$3"
}

# HOST, HOST:PORT, [IPv6] or [IPv6]:PORT
is_authority() (
	port=1
	case "$1" in
	\[*\]) host="$1" ;;
	*:*)
		host="${1%:*}"
		port="${1##*:}"
		;;
	*) host="$1" ;;
	esac
	case "$host" in
	\[*\])
		host="${host#?}"
		case "${host%?}" in
		"" | *[!0-9A-Fa-f:.]*) exit 1 ;;
		esac
		;;
	"" | *[!A-Za-z0-9._-]*) exit 1 ;;
	esac
	is_number "$port" 65535
)

# A path with what follows: letters of a URL only.
is_of_a_url() {
	[ "${#1}" -le 200 ] && [ "$(printf '%s' "$1" | tr -cd '\041-\176')" = "$1" ]
}

# What the settings take as a text: one line of at most 256 characters.
take() {
	[ -n "$2" ] || return 0
	if [ "${#2}" -le 256 ] && [ "$(printf '%s' "$2" | tr -d '\001-\037\177')" = "$2" ]; then
		put "$1" "$2"
	else
		say "$1 is not taken over: it is no single line of at most 256 characters"
	fi
}

take_interval() {
	case "$1" in
	1 | true | on | yes) put inform.enable 1 ;;
	0 | false | off | no) put inform.enable 0 ;;
	esac
	is_number "$2" 4294967295 && put inform.interval "$2"
	return 0
}

take_requests() {
	is_number "$1" 65535 && put connection_request.port "$1"
	take connection_request.username "$2"
	take connection_request.password "$3"
}

take_file() {
	[ ! -f "$2" ] || put "$1" "$2"
}

# The ACS knows the device by these.
take_identity() (
	oui="$(echo "$2" | tr 'a-f' 'A-F')"
	[ -z "$1" ] || put identity.manufacturer "$(printable "$1")"
	case "$oui" in
	[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]) put identity.oui "$oui" ;;
	esac
	[ -z "$3" ] || put identity.product_class "$(printable "$3")"
	[ -z "$4" ] || put identity.serial_number "$(printable "$4")"
)

# 1 … $2
is_number() {
	case "$1" in
	"" | 0* | *[!0-9]* | ???????????*) return 1 ;;
	esac
	[ "$1" -le "$2" ]
}

retire() (
	script="$ETC/init.d/$1"

	[ ! -x "$script" ] || {
		"$script" disable
		"$script" stop
	}
	say "the settings of $1 were taken over, and it is disabled"
)
