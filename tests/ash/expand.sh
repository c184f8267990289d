# Expansions, patterns, arithmetic.
a=alpha; b=; unset c
echo "${a:-x} ${b:-x} ${c:-x} ${b-x} ${c-x} ${a:+y} ${b:+y} ${#a}"
p=/usr/local/lib/libx.so.1
echo "${p##*/} ${p%/*} ${p%%.*} ${p#*/}"
echo $((7 / 2)) $((7 % 2)) $((-7 / 2)) $((1 << 10)) $((0x1f)) $((010)) $((5 > 3 ? 1 : 2))
i=0; while [ $i -lt 5 ]; do i=$((i + 1)); printf '%d ' $i; done; echo
for w in one "two three" four; do printf '<%s>' "$w"; done; echo
set -- a "b c" d
echo $# "$1" "$2" "$*"
for w in "$@"; do printf '[%s]' "$w"; done; echo
shift; echo $#
IFS=:; set -- x:y:z; set -- $1; echo $# $3; unset IFS
case abc.txt in *.c) echo c;; a*.txt|b*) echo txt;; *) echo other;; esac
case x in [a-w]) echo no;; [!a-w]) echo yes;; esac
d=$(mktemp -d); cd "$d"
touch a1 a2 b1 .hidden
echo a* [ab]1 *nothing*
echo $(echo nested $(echo deeper))
echo `echo back ticks`
echo "quote \"inside\" \$a \\ "'single $a'
echo ~ | grep -c /
f() { local v=local; echo "f $1 $v"; return 3; }
v=global; f arg; echo "$? $v"
printf '%s|%5d|%-5s|%x|%o|%c\n' str 42 left 255 8 xyz
echo "${a}bet" ${a:1:3}
eval 'e=evaluated'; echo $e
read x y <<EOF
first the rest of it
EOF
echo "$y"
test -e a1 && test ! -e zz && echo files
[ 3 -gt 2 -a abc = abc ] && echo test
x=5; x=$((x*x)); : $((x+=1)); echo $x
cd /; rm -r "$d"
