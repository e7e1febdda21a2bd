#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# rotate.sh FILE - what rsyslog calls at its size limit; it goes on only when
# FILE is away then
#
# The name sorts in the order of rotation, as those of all servers here.
exec mv "$1" "$1-$(date +%s%N)"
