#!/bin/sh -e
# A configure that is there is finished: an interrupted run leaves none.
cd "$(dirname "$0")"
trap 'rm -f configure' EXIT
trap 'exit 1' HUP INT TERM
autoreconf --force --install --warnings=all
trap - EXIT
