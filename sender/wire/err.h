/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * err.h - why something failed, in words, for whoever will log it
 *
 * Functions that can fail for more than one reason take a struct err *, the
 * last argument, and return -1. They never log. The function that decides
 * what to do about the failure logs it, once.
 */
#ifndef WIRE_ERR_H
#define WIRE_ERR_H

#include <stdarg.h>

enum { ERR_TEXT = 512 };

struct err {
	char text[ERR_TEXT]; /* longer reasons are cut */
};

/* Sets the text; always returns -1, so `return err_set(err, ...)` reads. */
int err_set(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and strerror(errno). Keeps errno. */
int err_sys(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What both do: the text, followed by ": " and the reason unless it is NULL. */
void err_print(struct err *err, const char *reason, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

#endif
