# Sourced. A private apt: its own lists, status, cache and sources, below build/apt. The host's apt is only read:
# for the address of a Debian mirror, and for how to reach it (proxies, credentials).
# shellcheck shell=bash

APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

apt_die() {
	echo "perilune: $*" >&2
	return 1
}

# Prints "URI SUITE COMPONENTS" for each binary source of the host, from both formats that apt knows.
apt_host_sources() {
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$file" ] || continue
		sed -n -E 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^#]*).*/\2/p' "$file"
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		awk '
			function flush(   u, s, nu, ns, i, j) {
				if (on && f["types"] ~ /(^| )deb( |$)/) {
					nu = split(f["uris"], u, " ")
					ns = split(f["suites"], s, " ")
					for (i = 1; i <= nu; i++)
						for (j = 1; j <= ns; j++)
							print u[i], s[j], f["components"]
				}
				delete f
				on = 1
			}
			BEGIN { on = 1 }
			/^#/ { next }
			/^[[:space:]]*$/ { flush(); next }
			/^[^[:space:]][^:]*:/ {
				key = tolower(substr($0, 1, index($0, ":") - 1))
				f[key] = substr($0, index($0, ":") + 1)
				gsub(/^[[:space:]]+/, "", f[key])
				if (key == "enabled" && tolower(f[key]) ~ /^(no|false)/) on = 0
				next
			}
			{ f[key] = f[key] " " $0 }
			END { flush() }' "$file"
	done
}

apt_host_codename() {
	(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
}

# The mirror that serves the host's own suite ($1 empty), or its security suite ($1 "-security").
apt_host_mirror() {
	local codename
	codename=$(apt_host_codename)
	apt_host_sources | awk -v want="$codename$1" -v kind="$1" '
		$2 == want { print $1; found = 1; exit }
		kind == "" && $2 ~ /^(stable|testing|unstable|sid)$/ && !alt { alt = $1 }
		kind != "" && $2 ~ /-security$/ && !alt { alt = $1 }
		END { if (!found && alt) print alt }'
}

# apt_setup DIR SUITE ARCH: a private configuration in DIR for one suite (with its updates and security updates where the
# suite has them). ARCH "source": the host's architecture, and source packages.
apt_setup() {
	local dir=$1 suite=$2 arch=$3 types=deb mirror security
	mirror=$(apt_host_mirror "")
	security=$(apt_host_mirror -security)
	[ -n "$mirror" ] || { apt_die "no Debian mirror in the apt sources of this host"; return 1; }
	[ -r "$APT_KEYRING" ] || { apt_die "$APT_KEYRING is missing (package debian-archive-keyring)"; return 1; }
	if [ "$arch" = source ]; then
		types="deb deb-src"
		arch=$(dpkg --print-architecture)
	fi
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	apt-config dump | grep -E '^Acquire::(http|https|tor|Retries|ForceIPv[46]|ProxyAutoDetect|Proxy-Auto-Detect)\b' \
		>"$dir/apt.conf.new" || true
	cat >>"$dir/apt.conf.new" <<-END
		Dir::Etc::Main "/dev/null";
		Dir::Etc::Parts "/dev/null";
		Dir::Etc::SourceList "$dir/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::Etc::Trusted "/dev/null";
		Dir::Etc::TrustedParts "/dev/null";
		Dir::State "$dir";
		Dir::State::Lists "$dir/lists";
		Dir::State::Status "$dir/status";
		Dir::State::Extended_States "$dir/extended_states";
		Dir::Cache "$dir/cache";
		Dir::Cache::Archives "$dir/cache/archives";
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		APT::Get::Assume-Yes "true";
		Acquire::Languages "none";
		Acquire::Retries "2";
	END
	# Mirrors of these suites may lag: the signature is checked, the date is not.
	case $suite in
	stable | forky | testing | sid | unstable) echo 'Acquire::Check-Valid-Until "false";' >>"$dir/apt.conf.new" ;;
	esac
	local type
	for type in $types; do
		echo "$type [signed-by=$APT_KEYRING] $mirror $suite main"
		case $suite in
		sid | unstable) ;;
		*)
			echo "$type [signed-by=$APT_KEYRING] $mirror $suite-updates main"
			[ -z "$security" ] || echo "$type [signed-by=$APT_KEYRING] $security $suite-security main"
			;;
		esac
	done >"$dir/sources.list.new"
	mv "$dir/apt.conf.new" "$dir/apt.conf"
	mv "$dir/sources.list.new" "$dir/sources.list"
}

# apt_run DIR COMMAND…: an apt command with the private configuration in DIR.
apt_run() {
	local dir=$1
	shift
	APT_CONFIG="$dir/apt.conf" "$@"
}

# apt_update DIR: fetches the package lists. Fails unless every list arrived and its signature was right.
apt_update() {
	local out
	if ! out=$(apt_run "$1" apt-get -q -o APT::Update::Error-Mode=any update 2>&1); then
		printf '%s\n' "$out" | grep -E '^(E|W|Err)' >&2
		return 1
	fi
}

# apt_open DIR ARCH SUITE…: sets DIR up for the first of the suites whose lists can be fetched.
apt_open() {
	local dir=$1 arch=$2 suite
	shift 2
	for suite in "$@"; do
		if apt_setup "$dir/$suite" "$suite" "$arch" && apt_update "$dir/$suite" 2>"$dir/$suite/update.log"; then
			APT_OPENED=$dir/$suite
			return 0
		fi
	done
	cat "$dir"/*/update.log >&2
	return 1
}
