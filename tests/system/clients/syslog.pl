#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# syslog.pl - sends with Sys::Syslog: MECHANISM (udp, tcp, unix, native), where
# (HOST PORT, a path, or nothing), and how many numbered messages; then one of
# each severity, and texts that are harder

use strict;
use warnings;
use Sys::Syslog qw(:standard :extended :macros);

my $type = shift;
if ($type eq 'native') {
	setlogsock('native') or die "no native: $!";
} elsif ($type eq 'unix') {
	setlogsock({ type => 'unix', path => shift }) or die "no unix: $!";
} else {
	setlogsock({ type => $type, host => shift, port => shift })
	    or die "no $type: $!";
}
my $count = shift;
openlog('shop', 'ndelay,pid', LOG_LOCAL2) or die "openlog: $!";
for my $n (0 .. $count - 1) {
	syslog(LOG_NOTICE, 'message %d', $n) or die "syslog: $!";
}
for my $name (qw(emerg alert crit err warning notice info debug)) {
	syslog($name, 'at %s', $name) or die "syslog: $!";
}
syslog('authpriv|info', "Gr\xc3\xb6\xc3\x9fe \xe2\x82\xac");
syslog(LOG_NOTICE, '%s', '[not] a tag: colon');
syslog(LOG_NOTICE, '%s', '0123456789' x 200);
syslog(LOG_NOTICE, '%s', "two\nlines");
syslog(LOG_NOTICE, 'end');
closelog();
