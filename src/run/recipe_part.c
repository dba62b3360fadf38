/* SPDX-License-Identifier: Apache-2.0 */
/* What a part of the data may say (`data.train`, `data.test`): where its samples come from, and
 * what is done with them whatever they come from. Which keys belong to which source is in
 * readers.c. */
#include "run/recipe_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(field) offsetof(sc_recipe_part, field)
#define ELSEWHERE SC_OPTION_ELSEWHERE

static const sc_option part_options[] = {
    {"images", SC_OPTION_PATH, AT(images), "an IDX file, plain or gzip", .required = true,
     .example = "train-images-idx3-ubyte.gz"},
    {"labels", SC_OPTION_PATH, AT(labels),
     "an IDX file with a label or a value per sample, per token (two dimensions) or per pixel "
     "(three)",
     .required = true, .example = "train-labels-idx1-ubyte.gz"},
    {"inputs", SC_OPTION_MAP, ELSEWHERE,
     "an IDX file for each input of the network beside the images, with as many samples",
     .standard = "images alone", .example = "{length: train-lengths-idx1-ubyte.gz}"},
    {"mask", SC_OPTION_PATH, ELSEWHERE,
     "an IDX file of 0 and 1 (u8 or f32), as many as labels: what has 0 counts neither in the loss "
     "nor in its mean nor in the metrics",
     .standard = "all counts", .example = "train-mask-idx2-ubyte.gz"},
    {"limit", SC_OPTION_LONG, AT(limit), "use the first so many samples; 0: all", 0, UINT32_MAX,
     .example = "1000", .unit = "samples"},
    {"class_weights", SC_OPTION_NUMBERS, ELSEWHERE, "how much a sample of each class counts", 0,
     1e15, .standard = "every sample counts 1", .example = "[1, 2.5]", .aliases = "class_weight"},
};
const sc_record sc_recipe_part_record = {
    .word = "data.train",
    .help = "The training data. `data.test` has the same keys: data that are never trained on; the "
            "run ends with their loss and "
            "accuracy.",
    .options = part_options,
    .count = COUNT(part_options),
    .standard = &(const sc_recipe_part){0},
    .size = sizeof(sc_recipe_part),
};
