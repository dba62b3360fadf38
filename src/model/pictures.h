/* SPDX-License-Identifier: Apache-2.0 */
/* What a network gives, as pixels: bytes for files of samples, and a grid in one picture. */
#ifndef SC_MODEL_PICTURES_H
#define SC_MODEL_PICTURES_H

#include "nn/net.h"

/* The network's results are images of 1 or 3 channels, and `count` of them fit a picture. Errors:
 * CONFIG. */
socle_status sc_pictures_check(const sc_net *net, int64_t count);
/* Values as the bytes that stand for them: what an input of this shape would be multiplied by
 * divides them, else 1 is 255. Beyond a byte they end at its least and most. */
void sc_pictures_bytes(const sc_net *net, const float *value, size_t count, uint8_t *out);
/* `count` results of the net, side by side in a square, as a PNG file. */
socle_status sc_pictures_write(sc_env *env, const char *path, const sc_net *net, const float *value,
                               int64_t count);

#endif
