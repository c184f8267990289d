# Pipelines, their status, and what runs in them.
echo one two three | wc -w
printf 'b\na\nc\n' | sort | tr '\n' ' '; echo
echo hello | cat | cat | cat | tr a-z A-Z
seq 1 100 | grep 7 | head -n 3
true | false; echo "status $?"
false | true; echo "status $?"
! true; echo "not $?"
set -o pipefail
false | true; echo "pipefail $?"
set +o pipefail
yes | head -n 5 | wc -l
x=outer
echo inner | read x
echo "x is $x"
printf 'l1\nl2\nl3\n' | while read line; do echo "got $line"; done
(echo sub; exit 3) | cat; echo "left side does not count: $?"
cat /dev/null | wc -c
seq 1 20000 | wc -l
seq 1 20000 | tail -n 1
echo a b | { read p q; echo "$q $p"; }
seq 5 | sed -n '2,4p' | awk '{ s += $1 } END { print "sum", s }'
