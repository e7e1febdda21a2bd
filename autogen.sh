#!/bin/sh -e
cd "$(dirname "$0")"
exec autoreconf --install --warnings=all
