# Control flow, functions, subshells, exit codes.
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1 - 1))) )); fi; }
fact 10
fib() { a=0; b=1; n=$1; while [ $n -gt 0 ]; do t=$((a + b)); a=$b; b=$t; n=$((n - 1)); done; echo $a; }
fib 50
for i in 1 2 3 4 5 6; do
  [ $i = 2 ] && continue
  [ $i = 5 ] && break
  echo "i $i"
done
until false; do echo once; break; done
(cd /dev; pwd); pwd | wc -l
(exit 42); echo $?
{ true; false; }; echo $?
true && echo and || echo or
false && echo and || echo or
sh -c 'exit 300'; echo $?
nosuchcommand 2>/dev/null; echo $?
/dev 2>/dev/null; echo $?
sh -c 'set -e; false; echo not reached'; echo $?
sh -c 'set -u; echo $unset' 2>/dev/null; echo $?
x=1; (x=2; echo sub $x); echo $x
f() { return 5; }; f; echo $?
sh -c 'echo $0 $1' name arg
export V=exported; sh -c 'echo $V'
V2=once sh -c 'echo $V2'; echo "[$V2]"
set -- 1 2 3; while [ $# -gt 0 ]; do printf '%s ' $1; shift; done; echo
while getopts ab:c o -a -b val -c; do echo "opt $o $OPTARG"; done
i=0; while :; do i=$((i+1)); [ $i -ge 1000 ] && break; done; echo $i
n=0; for f in $(seq 200); do n=$((n + f)); done; echo $n
for i in 1 2 3 4 5 6 7 8 9 10; do sh -c "exit $i" || printf '%d ' $?; done; echo
echo $(( $(echo 3) + $(echo 4) ))
