/* SPDX-License-Identifier: Apache-2.0 */
/* Samples from IDX files: images or values, labels, further inputs, and columns that say what
 * counts. */
#include "run/readers.h"

#include <string.h>

static sc_image_layout layout_of(const sc_recipe_files *files) {
    if (!files->layout) return SC_IMAGES_ASK;
    return strcmp(files->layout, "nhwc") == 0 ? SC_IMAGES_NHWC : SC_IMAGES_NCHW;
}

static socle_status read_idx(sc_dataset **out, const sc_reading *reading) {
    const sc_recipe_part *part = reading->part;
    sc_image_layout layout = layout_of(reading->files);
    SC_TRY((sc_reading_streams(reading) ? sc_dataset_stream_images : sc_dataset_from_images)(
        out, reading->env, part->images, part->labels, layout));
    SC_TRY(sc_recipe_add_inputs(*out, reading->env, reading->config, reading->json, layout));
    return sc_recipe_add_columns(*out, reading->env, reading->config, reading->json);
}

static socle_status resolve_idx(json_t *out, sc_env *env, const sc_config *config,
                                const json_t *json) {
    SC_TRY(sc_recipe_resolve_inputs(out, env, config, json));
    return sc_recipe_resolve_columns(out, env, config, json);
}

const sc_reader sc_reader_idx = {.key = "images",
                                 .keys = "labels inputs mask",
                                 .streams = true,
                                 .check = sc_recipe_check_inputs,
                                 .read = read_idx,
                                 .resolve = resolve_idx};
