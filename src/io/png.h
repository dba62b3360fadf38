/* SPDX-License-Identifier: Apache-2.0 */
/* PNG files of bytes: the one form that Socle writes, 8 bits a channel, no filters (PNG
 * specification, second edition). Their bytes follow from the pixels. */
#ifndef SC_IO_PNG_H
#define SC_IO_PNG_H

#include "base/env.h"

/* `pixel`: height rows of width times `channels` bytes, 1 (grey) or 3 (red, green, blue). The file
 * appears whole or not at all. Errors: IO, INVALID_ARGUMENT (sizes). */
socle_status sc_png_write(sc_env *env, const char *path, int width, int height, int channels,
                          const uint8_t *pixel);

#endif
