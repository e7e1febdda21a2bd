/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crc.h - CRC-32C (RFC 3720 section 12.1), of what stands on disks
 */
#ifndef WIRE_CRC_H
#define WIRE_CRC_H

#include <stdint.h>

#include "wire/slice.h"

/* crc is 0 at first, then what the call before returned. */
uint32_t crc_add(uint32_t crc, struct slice s);

#endif
