# Redirections of every kind.
d=$(mktemp -d) && cd "$d" || exit 1
echo first > f
echo second >> f
cat f
cat < f | wc -l
wc -l < f
ls nothing 2> err; echo "status $?"
wc -l < err
ls nothing > out 2>&1; wc -l < out
{ echo to-stdout; echo to-stderr >&2; } > both 2>&1
cat both
echo swapped 3>&1 1>/dev/null 2>&3
exec 3> three
echo via three >&3
exec 3>&-
cat three
exec 4< f
read a <&4
read b <&4
exec 4<&-
echo "$a/$b"
cat <<EOF
here $a
$((1 + 2))
EOF
cat <<'EOF'
raw $a $((1+2))
EOF
cat <<-EOF
	tabs go
		away
	EOF
cat << EOF | tr a-z A-Z
piped here-document
EOF
while read l; do echo "[$l]"; done < f
: > f
wc -c < f
set -C
(echo x > f) 2>/dev/null; echo "noclobber $?"
echo y >| f; cat f
set +C
echo long > "file with spaces"; cat "file with spaces"
rm -rf "$d"
echo done
