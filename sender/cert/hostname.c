/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert/hostname.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "wire/escape.h"

enum { LABEL_MAX = 63, SHOWN = 100 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";
static const char others[] = "-_.";

/* What somebody typed, for a message: safe to print and not too long. */
struct shown {
	char text[SHOWN * ESCAPE_TEXT_GROWTH + 1];
};

static const char *
show(const char *text, struct shown *out)
{
	size_t n = strnlen(text, SHOWN);

	n = escape_whole(slice_of(text, n));
	out->text[escape_text(slice_of(text, n), out->text)] = '\0';
	return out->text;
}

static bool
has_only(const char *text, const char *a, const char *b, const char *c)
{
	for (; *text != '\0'; text++)
		if (strchr(a, *text) == NULL && strchr(b, *text) == NULL &&
		    strchr(c, *text) == NULL)
			return false;
	return true;
}

/* An address, if it is one; brackets around it are taken off. */
static bool
read_address(struct hostname *h, const char *text)
{
	struct hostname found = { .octets = 0 };
	size_t n = strlen(text);
	bool brackets = n > 2 && text[0] == '[' && text[n - 1] == ']';

	if (brackets) {
		text++;
		n -= 2;
	}
	if (n >= sizeof(found.text))
		return false;
	memcpy(found.text, text, n);
	if (!brackets && inet_pton(AF_INET, found.text, found.address) == 1)
		found.octets = 4;
	else if (inet_pton(AF_INET6, found.text, found.address) == 1)
		found.octets = 16;
	else
		return false;
	/* one way to write each address */
	(void)inet_ntop(found.octets == 4 ? AF_INET : AF_INET6, found.address,
	    found.text, sizeof(found.text));
	*h = found;
	return true;
}

/* Why the text is no name of a host; NULL: it is one. */
static const char *
mistake(const char *text)
{
	const char *label = text;

	if (!has_only(text, letters, digits, others))
		return "a host name has letters, digits, \"-\" and \".\" only";
	if (strlen(text) >= HOSTNAME_TEXT)
		return "a host name has at most 253 characters";
	for (;;) {
		size_t n = strcspn(label, ".");

		if (n == 0)
			return "between and around its dots a host name has "
			       "letters or digits";
		if (n > LABEL_MAX)
			return "what stands between two dots has at most 63 "
			       "characters";
		if (label[0] == '-' || label[n - 1] == '-')
			return "what stands between two dots neither begins "
			       "nor ends with \"-\"";
		if (label[n] == '\0')
			break;
		label += n + 1;
	}
	if (has_only(label, digits, "", ""))
		return "this is neither an address nor the name of a host";
	return NULL;
}

int
hostname_read(struct hostname *h, const char *text, struct err *err)
{
	struct shown shown;
	const char *wrong;

	if (read_address(h, text))
		return 0;
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return err_set(err,
			    "%s: in certificates such a name "
			    "stands in its ASCII form, the A-labels that begin "
			    "with \"xn--\"; idn2(1) prints it, give that",
			    show(text, &shown));
	if (strchr(text, '*') != NULL)
		return err_set(err,
		    "%s: a certificate of one host names that "
		    "host, without a wildcard",
		    show(text, &shown));
	wrong = mistake(text);
	if (wrong != NULL)
		return err_set(err, "\"%s\": %s", show(text, &shown), wrong);
	*h = (struct hostname){ .octets = 0 };
	for (size_t i = 0; text[i] != '\0'; i++) {
		bool upper = text[i] >= 'A' && text[i] <= 'Z';

		h->text[i] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
	}
	return 0;
}
