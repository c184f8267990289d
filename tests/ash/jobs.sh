# Background jobs, wait and kill. Whether ash says "Terminated" depends on what reaped the job, wait or the end of the
# command before it, so that is left out.
sleep 0.1 &
first=$!
(exit 7) &
second=$!
wait $second; echo "second $?"
wait $first; echo "first $?"
sleep 100 &
pid=$!
kill $pid
wait $pid 2>/dev/null; echo "killed $?"
sleep 100 &
pid=$!
kill -KILL $pid
wait $pid 2>/dev/null; echo "killed hard $?"
kill -0 $pid 2>/dev/null; echo "gone $?"
sleep 100 &
pid=$!
kill -STOP $pid
kill -CONT $pid
kill -TERM $pid
wait $pid 2>/dev/null; echo "stopped, continued, ended $?"
for i in 1 2 3; do (sleep 0.0$i; exit $i) & done
wait; echo "all $?"
{ sleep 0.05; echo from the background; } &
wait
wait 999999; echo "unknown $?"
( sleep 0.02; echo child ) & wait $!; echo parent
x=$( (sleep 0.05; echo late) & echo early; wait )
echo $x
