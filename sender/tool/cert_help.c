/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/cert_help.h"

const char cert_help_all[] =
    "Usage: syncline cert COMMAND [OPTION]... [ARGUMENT]...\n"
    "Makes, shows and checks the certificates of TLS.\n"
    "\n"
    "  init [NAME]...     make an authority and the collector's certificate\n"
    "  issue NAME         make a sender's certificate, a folder to copy there\n"
    "  renew [NAME]       a new certificate with the same names and key; also of\n"
    "                     the authority\n"
    "  show FILE          what a certificate says\n"
    "  check FILE         what is wrong with it, and what to do about that\n"
    "  fingerprint FILE   as the configuration's `peers` takes it\n"
    "\n"
    "`syncline cert COMMAND --help` says more.\n";

static const char help_init[] =
    "Usage: syncline cert init [OPTION]... [NAME]...\n"
    "Makes an authority of your own and the collector's certificate.\n"
    "\n"
    "NAME is a host name or an address under which senders reach the\n"
    "collector (default: this host's name); localhost, 127.0.0.1 and ::1 are\n"
    "added. What it makes:\n"
    "\n"
    "  ca.pem          the authority's certificate; everybody may have it\n"
    "  ca.key          its key: who has it can make certificates; keep it safe\n"
    "  collector.pem   the collector's certificate\n"
    "  collector.key   its key\n"
    "\n"
    "  -d, --dir DIR   where (default: tls); made when it is not there\n"
    "      --rsa       RSA keys with 3072 bits; default: ECDSA P-256\n"
    "      --days N    how long the collector's certificate is valid\n"
    "                  (default: 825; the authority: ten years)\n"
    "      --keep      when they are there already, leave them and be content\n"
    "  -f, --force     replace files that are there\n"
    "  -h, --help\n";

static const char help_issue[] =
    "Usage: syncline cert issue [OPTION]... NAME [NAME]...\n"
    "Makes a key and a certificate for a sender, in a folder of its own that\n"
    "holds all it needs: client.pem, client.key, and ca.pem to know the\n"
    "collector by. Prints the fingerprint.\n"
    "\n"
    "NAME is the sender's host name or address; the folder is called by the\n"
    "first one. Names that are not ASCII are given as A-labels (xn--...).\n"
    "\n"
    "  -d, --dir DIR       where `syncline cert init` made the authority\n"
    "                      (default: tls)\n"
    "      --out FOLDER    the folder to make (default: DIR/clients/NAME)\n"
    "      --server        for one more collector: server.pem, server.key\n"
    "      --self-signed   without an authority, to be known by its\n"
    "                      fingerprint alone; for either end\n"
    "      --rsa           an RSA key with 3072 bits; default: ECDSA P-256\n"
    "      --days N        how long it is valid (default: 825)\n"
    "      --keep          when it is there already, leave it and be content\n"
    "  -f, --force         replace files that are there\n"
    "  -h, --help\n";

static const char help_fingerprint[] =
    "Usage: syncline cert fingerprint [--sha-1] FILE\n"
    "Prints the fingerprint of the first certificate in FILE (\"-\": standard\n"
    "input), as the configuration's `peers` takes it.\n"
    "\n"
    "      --sha-1     the older kind; default: sha-256\n"
    "  -h, --help\n";

static const char help_show[] =
    "Usage: syncline cert show FILE\n"
    "Prints what the certificates in FILE (\"-\": standard input) say: names,\n"
    "authority, how long they are valid, key, use, fingerprints.\n"
    "\n"
    "  -h, --help\n";

static const char help_check[] =
    "Usage: syncline cert check [OPTION]... FILE\n"
    "Looks for what is wrong with a certificate and its key, and says what to\n"
    "do about each problem. Status 1 when there is one.\n"
    "\n"
    "      --key FILE    its key (default: the same name with .key, if there)\n"
    "      --ca FILE     whom the other side trusts (default: ca.pem in the\n"
    "                    same folder, if there)\n"
    "      --name NAME   a host name or address that it should have\n"
    "      --server      it is for a collector\n"
    "      --client      it is for a sender\n"
    "  -h, --help\n";

static const char help_renew[] =
    "Usage: syncline cert renew [OPTION]... [NAME]\n"
    "Makes a new certificate with the same names as the old one and puts it\n"
    "in its place: that of the collector, or of the sender NAME; or that of\n"
    "the authority, whose key and name stay, so that all it signed stays good.\n"
    "\n"
    "  -d, --dir DIR   where `syncline cert init` made the authority\n"
    "                  (default: tls)\n"
    "      --new-key   with a new key of the same kind; default: with the one\n"
    "                  it has\n"
    "      --authority the authority itself, also when it has expired\n"
    "      --days N    how long it is valid (default: 825; the authority: ten\n"
    "                  years)\n"
    "  -h, --help\n";

const char *const cert_help[] = { help_init, help_issue, help_fingerprint,
	help_show, help_check, help_renew };
