#!/bin/sh
# Runs "$@" for as long as stdin stays open: supervise.sh <seconds of grace> <command> [argument...]
#
# Stdin is a pipe from the process that wanted the command. Its end is the order to stop, and the kernel gives
# that order too when the process is killed with -9: SIGTERM first, SIGKILL to the whole group when the grace
# is over. The caller starts this in a process group of its own, so that Ctrl-C in the terminal reaches only
# the caller.
grace=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(
  # A signal to all processes of the command's name must not end this one, which has to end the command.
  trap '' INT TERM HUP
  while read -r _ <&3; do :; done
  kill -TERM "$child" 2>/dev/null
  tenths=$((grace * 10))
  while [ "$tenths" -gt 0 ] && kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  kill -KILL -$$
) >/dev/null 2>&1 &
watcher=$!
trap '' INT TERM HUP
wait "$child"
code=$?
kill -KILL "$watcher" 2>/dev/null
exit "$code"
