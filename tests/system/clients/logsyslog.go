// SPDX-License-Identifier: BSD-2-Clause

// logsyslog sends with Go's log/syslog: NETWORK ADDRESS TAG COUNT. NETWORK is
// udp, tcp, unix, unixgram, or local for /dev/log; an empty TAG leaves it to
// the package. COUNT numbered messages, then one of each severity, then texts
// that are harder, then some of a log.Logger.
package main

import (
	"fmt"
	"log"
	"log/syslog"
	"os"
	"strconv"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "logsyslog:", err)
		os.Exit(1)
	}
}

func dial(network, address, tag string) *syslog.Writer {
	if network == "local" {
		network, address = "", ""
	}
	w, err := syslog.Dial(network, address,
		syslog.LOG_NOTICE|syslog.LOG_DAEMON, tag)
	check(err)
	return w
}

func main() {
	w := dial(os.Args[1], os.Args[2], os.Args[3])
	count, err := strconv.Atoi(os.Args[4])
	check(err)
	for n := 0; n < count; n++ {
		check(w.Notice(fmt.Sprintf("message %d", n)))
	}
	check(w.Emerg("at emerg"))
	check(w.Alert("at alert"))
	check(w.Crit("at crit"))
	check(w.Err("at err"))
	check(w.Warning("at warning"))
	check(w.Notice("at notice"))
	check(w.Info("at info"))
	check(w.Debug("at debug"))
	check(w.Notice("Größe € 日本語"))
	check(w.Notice("[not] a tag: colon"))
	check(w.Notice(strings.Repeat("0123456789", 1000)))
	check(w.Notice(""))
	check(w.Notice("with newline\n"))
	check(w.Notice("two\nlines"))
	log.New(w, "prefix: ", 0).Print("of a logger")
	check(w.Close())
}
