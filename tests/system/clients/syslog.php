<?php
// SPDX-License-Identifier: BSD-2-Clause
// syslog.php - sends with syslog() and error_log(): IDENT and how many
// numbered messages; then one of each severity, and texts that are harder

[, $ident, $count] = $argv;
openlog($ident, LOG_PID, LOG_LOCAL6);
for ($n = 0; $n < $count; $n++)
	syslog(LOG_NOTICE, "message $n");
foreach (['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info',
    'debug'] as $severity => $name)
	syslog($severity, "at $name");
syslog(LOG_INFO, "Größe € 100%s");
syslog(LOG_INFO, "[not] a tag: colon");
syslog(LOG_INFO, str_repeat('0123456789', 1000));
syslog(LOG_ERR, "two\nlines");
error_log('of error_log');
closelog();
