# Traps and signals.
trap 'echo got USR1' USR1
kill -USR1 $$
trap 'echo got TERM' TERM
kill -TERM $$
echo still here
trap '' USR2
kill -USR2 $$
echo ignored
trap - USR2
(trap 'echo sub INT; exit 5' INT; kill -INT $(sh -c 'echo $PPID')); echo "sub $?"
sh -c 'kill -TERM $$'; echo "term $?"
sh -c 'kill -KILL $$'; echo "kill $?"
sh -c 'kill -SEGV $$' 2>/dev/null; echo "segv $?"
sh -c 'trap "exit 9" HUP; kill -HUP $$; sleep 5'; echo "hup $?"
trap 'echo interrupted' USR1
(sleep 0.1; kill -USR1 $$) &
sleep 0.3
wait
sh -c 'trap "echo in exit trap" EXIT; exit 4'; echo "exit $?"
trap 'echo bye' EXIT
echo end
