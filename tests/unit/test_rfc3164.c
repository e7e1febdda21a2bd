/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_rfc3164.c - what senders write in place of what RFC 3164 describes
 *
 * RFC-5, RFC-14, RFC-62, RFC-109 to RFC-121, and what was seen of real clients
 * ("interop"). Rules, not samples: each row is a shape.
 */
#include "wire/msg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define T "2003-10-11T22:14:15.003Z"
#define B "<13>Nov 22 10:36:14 "

struct row_3164 {
	const char *what;
	const char *in;
	bool local, timed;
	const char *host, *app, *procid, *text;
};

static const struct row_3164 rows_3164[] = {

	/* RFC 3164: section 5.4, RFC-109 to RFC-121 */
	{ "RFC 3164 example 1", "<34>Oct 11 22:14:15 mymachine su: failed", 0,
	    1, "mymachine", "su", "", "failed" },
	{ "example 3",
	    "<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It's", 0, 1,
	    "mymachine", "myproc", "10", "%% It's" },
	{ "example 4, two hosts",
	    "<0>1990 Oct 22 10:52:01 TZ-6 a.b 10.1.2.3 sched[0]: That", 0, 1,
	    "a.b", "", "", "10.1.2.3 sched[0]: That" },
	{ "IPv4", B "10.0.0.99 Use the BFG!", 0, 1, "10.0.0.99", "", "",
	    "Use the BFG!" },
	{ "host with a domain", B "a.example.net su: x", 0, 1, "a.example.net",
	    "su", "", "x" },
	{ "RFC-117: no time, no tag made up", "<13>user alice logged in", 0, 0,
	    "", "", "", "user alice logged in" },
	{ "RFC-113: a tag of 33", B "h ttttttttttttttttttttttttttttttttt: x", 0,
	    1, "h", "ttttttttttttttttttttttttttttttttt", "", "x" },
	{ "RFC-121: repeated, a host", B "h last message repeated 5 times", 0,
	    1, "h", "", "", "last message repeated 5 times" },
	{ "RFC-121: repeated, no host", B "last message repeated 5 times", 0, 1,
	    "", "", "", "last message repeated 5 times" },
	{ "last is a host, too", B "last message: x", 0, 1, "last", "message",
	    "", "x" },
	{ "RFC-121: forwarded", B "Message forwarded from h1: sshd[12]: x", 0,
	    1, "h1", "sshd", "12", "x" },
	{ "forwarded, no tag", B "Message forwarded from ::1: x y", 0, 1, "::1",
	    "", "", "x y" },
	{ "forwarded from nobody", B "Message forwarded from : x", 0, 1,
	    "Message", "", "", "forwarded from : x" },
	{ "forwarded words", B "Message forwarded from a b: x", 0, 1, "Message",
	    "", "", "forwarded from a b: x" },

	/* interop: PRI may be followed by a blank or a colon */
	{ "blank behind PRI", "<13> Feb  5 17:32:18 h su: x", 0, 1, "h", "su",
	    "", "x" },
	{ "colon behind PRI",
	    "<189>: 2024 Apr 15 14:10:54.123 UTC: %ETHPORT-5-IF_DOWN: x", 0, 1,
	    "", "%ETHPORT-5-IF_DOWN", "", "x" },
	{ "colon at once", "<166>:Apr 15 14:10:54 UTC: %ASA-6-1: x", 0, 1, "",
	    "%ASA-6-1", "", "x" },
	{ "blank and tag", "<14> app[12]: x", 0, 0, "", "app", "12", "x" },
	{ "blanks and data", "<134>  id=firewall sn=1", 0, 0, "", "", "",
	    "  id=firewall sn=1" },
	{ "blank before words", "<13> x y", 0, 0, "", "", "", " x y" },

	/* interop: time */
	{ "time only", "<13>Nov 22 10:36:14", 0, 1, "", "", "", "" },
	{ "time and SP", B, 0, 1, "", "", "", "" },
	{ "impossible time", "<13>Feb 30 17:32:18 h su: x", 0, 0, "h", "su", "",
	    "x" },
	{ "ISO 8601", "<30>2026-11-22T10:36:55Z web01 goapp[273]: hi", 0, 1,
	    "web01", "goapp", "273", "hi" },
	{ "ISO, blank, comma", "<30>2026-11-22 10:34:58,502 web01 a.b[42]: x",
	    0, 1, "web01", "a.b", "42", "x" },
	{ "zone", B "CET h su: x", 0, 1, "h", "su", "", "x" },
	{ "weekday, year", "<13>Mon Apr 15 10:00:00 2024 h su: x", 0, 1, "h",
	    "su", "", "x" },
	{ "year first", "<13>2024 Apr 15 10:00:00 h su: x", 0, 1, "h", "su", "",
	    "x" },
	{ "epoch", "<134>1379988354.262286 h urls src=1", 0, 1, "h", "", "",
	    "urls src=1" },
	{ "epoch behind VERSION", "<134>1 1379988354.262286 h urls src=1", 0, 1,
	    "h", "", "", "urls src=1" },
	{ "epoch without fraction", "<13>1707154338 h su: x", 0, 0, "", "", "",
	    "1707154338 h su: x" },
	{ "colons and a dash", "<30>2024:04:15-10:00:00 utm ulogd[3]: x", 0, 1,
	    "utm", "ulogd", "3", "x" },

	/* interop: host or tag */
	{ "no host", B "su: x", 0, 1, "", "su", "", "x" },
	{ "no host, pid", B "su[7]: x", 0, 1, "", "su", "7", "x" },
	{ "no tag", B "h user alice: no", 0, 1, "h", "", "", "user alice: no" },
	{ "IPv6", B "2001:db8::1 su[9]: x", 0, 1, "2001:db8::1", "su", "9",
	    "x" },
	{ "IPv6 like a tag", B "abcd:ef01::1 su: x", 0, 1, "abcd:ef01::1", "su",
	    "", "x" },
	{ "IPv6 in brackets", B "[2001:db8::7] su: x", 0, 1, "2001:db8::7",
	    "su", "", "x" },
	{ "IPv6 with scope", B "fe80::1%eth0 su: x", 0, 1, "fe80::1%eth0", "su",
	    "", "x" },
	{ "address and port", B "1.2.3.4:567 hello", 0, 1, "", "", "",
	    "1.2.3.4:567 hello" },
	{ "host is NIL", B "- su: x", 0, 1, "", "su", "", "x" },
	{ "nothing but NIL", B "- - ", 0, 1, "", "", "", "- " },
	{ "two blanks, tag", B " nginx_err: x", 0, 1, "", "nginx_err", "",
	    "x" },
	{ "two blanks, host", B " h su: x", 0, 1, "h", "su", "", "x" },
	{ "no host name",
	    B "Gr\xc3\xb6\xc3\x9f"
	      "e 5",
	    0, 1, "", "", "",
	    "Gr\xc3\xb6\xc3\x9f"
	    "e 5" },
	{ "data, no host name", B "key=value more", 0, 1, "", "", "",
	    "key=value more" },
	{ "one word", B "hello", 0, 1, "", "", "", "hello" },
	{ "host with '_'", B "my_host su: x", 0, 1, "my_host", "su", "", "x" },
	{ "slot of a blade", B "slot1/big su: x", 0, 1, "slot1/big", "su", "",
	    "x" },
	{ "a number is no host", B "5 messages lost", 0, 1, "", "", "",
	    "5 messages lost" },
	{ "but before a tag", B "5 su: x", 0, 1, "5", "su", "", "x" },
	{ "data with commas", B "PA-220 1,2024/04/15 10:00:00,01,X", 0, 1,
	    "PA-220", "", "", "1,2024/04/15 10:00:00,01,X" },
	{ "topics, no tag", B "h firewall,info forward: in:e1", 0, 1, "h", "",
	    "", "firewall,info forward: in:e1" },

	/* interop: tag */
	{ "path as tag", B "h postfix-out/smtpd[3]: x", 0, 1, "h",
	    "postfix-out/smtpd", "3", "x" },
	{ "other bytes in a tag", B "h su(pam_unix)%a,b: x", 0, 1, "h",
	    "su(pam_unix)%a,b", "", "x" },
	{ "pid without digits", B "h app[x-1]: x", 0, 1, "h", "app", "x-1",
	    "x" },
	{ "empty pid", B "h app[]: x", 0, 1, "h", "app", "", "x" },
	{ "pid and no colon", B "h app[8710] %% x", 0, 1, "h", "app", "8710",
	    "%% x" },
	{ "text at once behind pid", B "h l4js[505]:info", 0, 1, "h", "l4js",
	    "505", "info" },
	{ "text at once behind tag", B "h su:no", 0, 1, "h", "su", "", "no" },
	{ "a number at once", B "h CEF:0|a|b", 0, 1, "h", "", "", "CEF:0|a|b" },
	{ "pid not closed", B "h app[1234: x", 0, 1, "h", "", "",
	    "app[1234: x" },
	{ "thread, no pid", B "h [main] com.example x", 0, 1, "h", "", "",
	    "[main] com.example x" },
	{ "thread and colon", B "h [main]: x", 0, 1, "h", "", "", "[main]: x" },
	{ "pid of nobody", B "[151]: x", 0, 1, "", "", "151", "x" },
	{ "empty tag", B "h : x", 0, 1, "h", "", "", ": x" },
	{ "colon between host and tag", B "h : %ASA-6-1: x", 0, 1, "h",
	    "%ASA-6-1", "", "x" },
	{ "only one blank is the tag's", B "h app:  x", 0, 1, "h", "app", "",
	    " x" },
	{ "empty text", B "h app:", 0, 1, "h", "app", "", "" },
	{ "tag with a blank", B "h my app: x", 0, 1, "h", "", "", "my app: x" },
	{ "mark behind a lost colon", B "h su \xef\xbb\xbf'su root'", 0, 1, "h",
	    "su", "", "'su root'" },
	{ "mark behind the host", B "h \xef\xbb\xbfx", 0, 1, "h", "", "", "x" },
	{ "parentheses", B "(squid-1)[12]: x", 0, 1, "", "(squid-1)", "12",
	    "x" },
	{ "a container", B "h docker/9f8e7d[12]: x", 0, 1, "h", "docker/9f8e7d",
	    "12", "x" },
	{ "percent signs", B "h %%01SHELL/5/LOGIN(s)[1]:User", 0, 1, "h",
	    "%%01SHELL/5/LOGIN(s)", "1", "User" },
	{ "TAB behind the colon", B "h app:\tx", 0, 1, "h", "app", "", "\tx" },
	{ "JSON behind the colon", B "h app:{\"a\":1}", 0, 1, "h", "app", "",
	    "{\"a\":1}" },
	{ "data behind the colon", B "h ASM:a=\"b\"", 0, 1, "h", "ASM", "",
	    "a=\"b\"" },
	{ "mark behind the tag", B "h app: \xef\xbb\xbfx", 0, 1, "h", "app", "",
	    "x" },
	{ "mark at once", B "h app:\xef\xbb\xbfx", 0, 1, "h", "app", "", "x" },
	{ "namespace", B "h std::bad_alloc x", 0, 1, "h", "", "",
	    "std::bad_alloc x" },
	{ "JSON announced, tag", B "h app[12]:@cee: {\"a\": 1}", 0, 1, "h",
	    "app", "12", "@cee: {\"a\": 1}" },
	{ "JSON announced", B "h @cee: {\"a\": 1}", 0, 1, "h", "", "",
	    "@cee: {\"a\": 1}" },
	{ "digits", B "h 1234: x", 0, 1, "h", "1234", "", "x" },
	{ "digits, no host", B "1234: x", 0, 1, "", "", "", "1234: x" },
	{ "digits before a time", B "h 1234: Apr 15 09:59:59.123: %S-5-X: y", 0,
	    1, "h", "", "", "1234: Apr 15 09:59:59.123: %S-5-X: y" },
	{ "digits before an event", B "h 1234: %S-5-X: y", 0, 1, "h", "", "",
	    "1234: %S-5-X: y" },
	{ "not ASCII, pid",
	    B "h gr\xc3\xb6\xc3\x9f"
	      "e[12]: x",
	    0, 1, "h",
	    "gr\xc3\xb6\xc3\x9f"
	    "e",
	    "12", "x" },
	{ "not ASCII, no number",
	    B "h gr\xc3\xb6"
	      "\xc3\x9f"
	      "e[x]: y",
	    0, 1, "h", "", "",
	    "gr\xc3\xb6"
	    "\xc3\x9f"
	    "e[x]: y" },
	{ "not ASCII, no colon",
	    B "h gr\xc3\xb6"
	      "\xc3\x9f"
	      "e[12] y",
	    0, 1, "h", "", "",
	    "gr\xc3\xb6"
	    "\xc3\x9f"
	    "e[12] y" },
	{ "number, no name, no colon", B "h [12] y", 0, 1, "h", "", "",
	    "[12] y" },
	{ "not ASCII, a word",
	    B "h Gr\xc3\xb6\xc3\x9f"
	      "e: x",
	    0, 1, "h", "", "",
	    "Gr\xc3\xb6\xc3\x9f"
	    "e: x" },
	{ "severity as in PRI", "<133>Nov 22 10:36:14 h notice mcpd[5]: x", 0,
	    1, "h", "mcpd", "5", "x" },
	{ "severity, longer", "<131>Nov 22 10:36:14 h error mcpd[5]: x", 0, 1,
	    "h", "", "", "error mcpd[5]: x" },
	{ "another severity", "<134>Nov 22 10:36:14 h notice mcpd[5]: x", 0, 1,
	    "h", "", "", "notice mcpd[5]: x" },
	{ "severity, no tag", "<133>Nov 22 10:36:14 h notice that x", 0, 1, "h",
	    "", "", "notice that x" },
	{ "severity is the tag", "<133>Nov 22 10:36:14 h notice: x", 0, 1, "h",
	    "notice", "", "x" },

	/* interop: PRI and text only */
	{ "tag alone", "<13>su: x", 0, 0, "", "su", "", "x" },
	{ "tag alone, TAB", "<13>su:\tx", 0, 0, "", "su", "", "\tx" },
	{ "tag and pid alone", "<13>su[42]: x", 0, 0, "", "su", "42", "x" },
	{ "words", "<13>plain words only", 0, 0, "", "", "",
	    "plain words only" },
	{ "words later a colon", "<13>plain words: only", 0, 0, "", "", "",
	    "plain words: only" },
	{ "text at once behind a lone tag", "<13>su:no", 0, 0, "", "", "",
	    "su:no" },
	{ "URL", "<13>http://example.com/ x", 0, 0, "", "", "",
	    "http://example.com/ x" },
	{ "drive", "<13>C:\\x.exe: path", 0, 0, "", "", "", "C:\\x.exe: path" },
	{ "index, no pid", "<13>array[0] is", 0, 0, "", "", "", "array[0] is" },
	{ "JSON", "<13>{\"a\": 1}", 0, 0, "", "", "", "{\"a\": 1}" },
	{ "key and value", "<13>date=2024-04-15 x", 0, 0, "", "", "",
	    "date=2024-04-15 x" },
	{ "nothing", "<13>", 0, 0, "", "", "", "" },
	{ "number", "<13>12345: x", 0, 0, "", "", "", "12345: x" },
	{ "a tag whose text begins with a time",
	    "<30>myapp: Nov 22 10:00:00 hello", 0, 0, "", "myapp", "",
	    "Nov 22 10:00:00 hello" },
	{ "JSON announced", "<13>@cee: {\"a\": 1}", 0, 0, "", "", "",
	    "@cee: {\"a\": 1}" },
	{ "CEF", "<14>CEF:0|a|b", 0, 0, "", "", "", "CEF:0|a|b" },
	{ "LEEF", "<14>LEEF:2.0|a|b", 0, 0, "", "", "", "LEEF:2.0|a|b" },
	{ "LEEF behind a host", B "h LEEF:2.0|a|b", 0, 1, "h", "", "",
	    "LEEF:2.0|a|b" },

	/* interop: sequence numbers, marks, uptime, names of senders */
	{ "sequence number, mark",
	    "<189>29: *Apr 15 14:10:54.123: %SYS-5-CONFIG_I: x", 0, 1, "",
	    "%SYS-5-CONFIG_I", "", "x" },
	{ "mark, year, zone",
	    "<187>4321: .Apr 15 2024 14:10:55.999 UTC: %LINK-3-UPDOWN: x", 0, 1,
	    "", "%LINK-3-UPDOWN", "", "x" },
	{ "two numbers, a name",
	    "<187>77: 001234: sw1: Apr 15 14:10:55.001 CEST: %LINK-3-UPDOWN: x",
	    0, 1, "sw1", "%LINK-3-UPDOWN", "", "x" },
	{ "uptime", "<189>49: 3d18h: %SYS-5-RESTART: x", 0, 0, "",
	    "%SYS-5-RESTART", "", "x" },
	{ "short uptime", "<189>48: 00:00:46: %LINK-3-UPDOWN: x", 0, 0, "",
	    "%LINK-3-UPDOWN", "", "x" },
	{ "uptime without a number", "<189>3d18h: %SYS-5-RESTART: x", 0, 0, "",
	    "%SYS-5-RESTART", "", "x" },
	{ "short uptime without a number", "<189>00:00:46: %LINK-3-UPDOWN: x",
	    0, 0, "", "%LINK-3-UPDOWN", "", "x" },
	{ "no event, no uptime", "<189>3d18h: words", 0, 0, "", "3d18h", "",
	    "words" },
	{ "a time of day, no uptime", "<189>00:00:46: words", 0, 0, "", "", "",
	    "00:00:46: words" },
	{ "number, no time", "<189>29: %SYS-5-CONFIG_I: x", 0, 0, "",
	    "%SYS-5-CONFIG_I", "", "x" },
	{ "number, name, no time", "<189>29: sw1: %SYS-5-CONFIG_I: x", 0, 0,
	    "sw1", "%SYS-5-CONFIG_I", "", "x" },
	{ "name, number, unknown zone",
	    "<189>29: sw1: 000123: *Apr 15 10:00:00.123 IST: %SYS-5-X: y", 0, 1,
	    "sw1", "%SYS-5-X", "", "y" },
	{ "name is IPv6", "<189>29: 2001:db8::1: Apr 15 10:00:00: %SYS-5-X: y",
	    0, 1, "2001:db8::1", "%SYS-5-X", "", "y" },
	{ "name, year first", "<187>sw1: 2024 Apr 15 14:10:54 UTC: %ETH-3-X: y",
	    0, 1, "sw1", "%ETH-3-X", "", "y" },
	{ "event only", "<166>%ASA-6-302013: x", 0, 0, "", "%ASA-6-302013", "",
	    "x" },
	{ "year, colon", "<166>Apr 15 2024 14:10:54: %ASA-6-1: x", 0, 1, "",
	    "%ASA-6-1", "", "x" },
	{ "number and words", "<189>29: words and: more", 0, 0, "", "", "",
	    "29: words and: more" },

	/* interop: unix sockets */
	{ "local: tag", B "cprog[151]: x", 1, 1, "", "cprog", "151", "x" },
	{ "local: words", B "hello to you", 1, 1, "", "", "", "hello to you" },
	{ "local: our name", B "web01 no tag", 1, 1, "web01", "", "",
	    "no tag" },
	{ "local: our name, domain", B "WEB01.example.net x[1]: y", 1, 1,
	    "WEB01.example.net", "x", "1", "y" },
	{ "local: a longer name is not ours", B "web012 no tag", 1, 1, "", "",
	    "", "web012 no tag" },
	{ "local: tag with a blank", B "bb app[7]: x", 1, 1, "", "bb app", "7",
	    "x" },
	{ "local: another host, tag and number", B "web02 a[7]: x", 1, 1,
	    "web02", "a", "7", "x" },
	{ "local: a container", B "9f8e7d6c5b4a node[7]: x", 1, 1,
	    "9f8e7d6c5b4a", "node", "7", "x" },
	{ "local: a domain", B "h.example.net a[7]: x", 1, 1, "h.example.net",
	    "a", "7", "x" },
	{ "local: a number is no host", B "5 a[7]: x", 1, 1, "", "5 a", "7",
	    "x" },
	{ "local: a number and words", B "web02 a b[7]: x", 1, 1, "",
	    "web02 a b", "7", "x" },
	{ "local: tag with a blank and a colon", B "with space: colon[12]: x",
	    1, 1, "", "with space: colon", "12", "x" },
	{ "local: the tag of a sentence is its first word",
	    B "su: with space[12]: x", 1, 1, "", "su", "",
	    "with space[12]: x" },
	{ "local: a colon, a number, no end", B "with space: colon[12] x", 1, 1,
	    "with", "space", "", "colon[12] x" },
	{ "local: 48 bytes of tag",
	    B "with a: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn[1]: x", 1, 1,
	    "", "with a: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", "1", "x" },
	{ "local: 49 bytes are a sentence",
	    B "with a: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn[1]: x", 1, 1,
	    "with", "a", "",
	    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn[1]: x" },
	{ "not local: a blank and a colon", B "with space: colon[12]: x", 0, 1,
	    "with", "space", "", "colon[12]: x" },
	{ "local: host, its tag", B "mymachine su: x", 1, 1, "mymachine", "su",
	    "", "x" },
	{ "local: not written by syslog(3)",
	    "<38>2026-11-22T10:41:12 localhost prg[1234]: x", 1, 1, "localhost",
	    "prg", "1234", "x" },
	{ "local: index, no pid", B "we see array[i]: x", 1, 1, "", "", "",
	    "we see array[i]: x" },
	{ "local: no time", "<30>fail2ban.server[1750]: x", 1, 0, "",
	    "fail2ban.server", "1750", "x" },
	{ "local: repeated", B "last message repeated 2 times", 1, 1, "", "",
	    "", "last message repeated 2 times" },
	{ "local: date in slashes", "<38>2026/11/22 10:41:12 h prg[1]: x", 1, 1,
	    "h", "prg", "1", "x" },

	/* RFC-5, RFC-14: VERSION */
	{ "VERSION 2 (RFC-14)", "<34>2 " T " h a - - - x", 0, 0, "", "", "",
	    "2 " T " h a - - - x" },
	{ "VERSION 01", "<34>01 " T " h", 0, 0, "", "", "", "01 " T " h" },
	{ "two SP behind VERSION", "<34>1  " T " h", 0, 0, "", "", "",
	    "1  " T " h" },
	{ "SP before VERSION (RFC-5)", "<34> 1 " T " h", 0, 0, "", "", "",
	    " 1 " T " h" },
	{ "only VERSION", "<34>1", 0, 0, "", "", "", "1" },
	{ "VERSION and SP", "<34>1 ", 0, 0, "", "", "", "1 " },
	{ "no date behind VERSION", "<34>1 Oct 11 22:14:15 h", 0, 0, "", "", "",
	    "1 Oct 11 22:14:15 h" },
	{ "a dash and words", "<34>1 - 2 is minus 1", 0, 0, "", "", "",
	    "1 - 2 is minus 1" },
};

static void
assert_slice(struct slice got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

/* Parses a copy that ends where the message ends. */
static void
parse(struct slice in, const struct msg_hints *hints, struct msg_cache *cache,
    struct msg *m, char **copy)
{
	*copy = malloc(in.n);
	assert_true(*copy != NULL || in.n == 0);
	if (in.n > 0)
		memcpy(*copy, in.p, in.n);
	memset(m, 0xa5, sizeof(*m));
	msg_parse(slice_of(*copy, in.n), hints, cache, m);
	assert_ptr_equal(m->raw.p, *copy);
	assert_int_equal(m->raw.n, in.n);
}

static void
messages_of_rfc_3164_are_read_by_their_shape(void **state)
{
	struct msg_cache cache = { .known = false };

	(void)state;
	for (size_t i = 0; i < COUNT(rows_3164); i++) {
		const struct row_3164 *r = &rows_3164[i];
		const struct msg_hints hints = { .local = r->local,
			.self = SLICE_LIT("web01") };
		struct msg m;
		char *copy;

		print_message("  %s\n", r->what);
		parse(slice_str(r->in), &hints, &cache, &m, &copy);
		assert_int_equal(m.form, MSG_RFC3164);
		assert_int_equal(m.pri, strtol(r->in + 1, NULL, 10));
		assert_false(m.valid);
		assert_int_equal(m.sent.known, r->timed);
		assert_int_equal(msg_stamp(&m).known, r->timed);
		assert_slice(m.host, r->host);
		assert_slice(m.app, r->app);
		assert_slice(m.procid, r->procid);
		assert_int_equal(m.msgid.n, 0);
		assert_int_equal(m.sd.n, 0);
		assert_slice(m.text, r->text);
		free(copy);
	}
}

/* Wherever a message is cut, no byte behind it is read (with a sanitizer). */
static void
a_message_that_is_cut_off_is_safe(void **state)
{
	const struct msg_hints hints = { .local = true,
		.self = SLICE_LIT("web01") };
	struct msg_cache cache = { .known = false };
	struct slice in;
	struct msg m;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(rows_3164); i++) {
		in = slice_str(rows_3164[i].in);
		for (size_t n = in.n; n > 0; n--) {
			parse(slice_of(in.p, n), &hints, &cache, &m, &copy);
			free(copy);
		}
	}
}

/* RFC-62: any number below 192 is a PRI, whatever follows. */
static void
every_pri_is_taken(void **state)
{
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };
	char text[32];
	struct msg m;

	(void)state;
	for (int pri = 0; pri <= 191; pri++) {
		(void)snprintf(text, sizeof(text), "<%d>Use the BFG!", pri);
		msg_parse(slice_str(text), &hints, &cache, &m);
		assert_int_equal(m.form, MSG_RFC3164);
		assert_int_equal(m.pri, pri);
		assert_int_equal(msg_facility(&m) * 8 + msg_severity(&m), pri);
		assert_slice(m.text, "Use the BFG!");
	}
}

/* RFC-114, RFC-119, RFC-120: of any length, with any bytes. */
static void
long_and_unprintable_texts_stay_whole(void **state)
{
	static const char head[] = B "h app: ";
	const struct msg_hints hints = { .local = false };
	struct msg_cache cache = { .known = false };
	char text[4096];
	struct msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	memcpy(text, head, strlen(head));
	for (size_t n = strlen(head) + 1; n <= sizeof(text); n += 509) {
		msg_parse(slice_of(text, n), &hints, &cache, &m);
		assert_slice(m.app, "app");
		assert_ptr_equal(m.text.p, text + strlen(head));
		assert_int_equal(m.text.n, n - strlen(head));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_rfc_3164_are_read_by_their_shape),
		cmocka_unit_test(a_message_that_is_cut_off_is_safe),
		cmocka_unit_test(every_pri_is_taken),
		cmocka_unit_test(long_and_unprintable_texts_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
