/* SPDX-License-Identifier: Apache-2.0 */
/* See new_config.h: the table of tasks, and images and toy data. */
#include "cli/new_config.h"
#include "data/column_kind.h"
#include "data/idx.h"
#include "io/quote.h"
#include "io/record.h"
#include "model/net_config.h"

#include <string.h>

enum { LEAST_SIDE = 12 /* of images in which a convolution finds something */ };

void sc_new_quote(sc_text *out, const char *text) {
    sc_text_add(out, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') sc_text_add(out, "\\");
        if ((unsigned char)*text < ' ')
            sc_text_add(out, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            sc_text_add_bytes(out, text, 1);
    }
    sc_text_add(out, "\"");
}

void sc_new_path(sc_text *out, const char *path) {
    json_t *absolute = sc_absolute_path(path);
    sc_new_quote(out, json_string_value(absolute) ? json_string_value(absolute) : path);
    json_decref(absolute);
}

static void write_rows(sc_text *out, const sc_column *image) {
    const int64_t *size = image->shape.size;
    sc_text_add(out, "network:\n");
    if (image->shape.rank == 3 && size[1] >= LEAST_SIDE && size[2] >= LEAST_SIDE)
        sc_text_add(out, "  - conv2d: {filters: 32, kernel: 3, padding: same}   # 32 maps, each of "
                         "3x3 pixels at a time\n"
                         "  - relu\n"
                         "  - maxpool: 2                                        # the largest of "
                         "each 2x2\n"
                         "  - conv2d: {filters: 64, kernel: 3, padding: same}\n"
                         "  - relu\n"
                         "  - maxpool: 2\n");
    sc_text_add(out, "  - flatten\n"
                     "  - dense: 128\n"
                     "  - relu\n"
                     "  - dropout: 0.3       # against learning by heart\n");
}

static socle_status write_images(sc_text *out, const sc_new_wish *wish, const sc_dataset *data) {
    const sc_column *image = sc_dataset_column(data, sc_dataset_find(data, SC_INPUT_NAME));
    const char *label = sc_column_name(SC_COLUMN_LABEL);
    const bool classes = sc_dataset_find(data, label) >= 0;
    int64_t count = 1;
    if (classes) SC_TRY(sc_dataset_classes(data, label, &count));
    sc_text_add(out, "# A network for %lld images of", (long long)sc_dataset_count(data));
    for (int d = 0; d < image->shape.rank; d++)
        sc_text_add(out, "%s%lld", d ? " x " : " ", (long long)image->shape.size[d]);
    sc_text_add(out, " (channels, height, width) and ");
    if (classes)
        sc_text_add(out, "%lld classes.\n", (long long)count);
    else
        sc_text_add(out, "a value each.\n");
    sc_text_add(out, "data:\n  train: {images: ");
    sc_new_path(out, wish->data);
    sc_text_add(out, ", labels: ");
    sc_new_path(out, wish->labels);
    sc_text_add(out, "}\n"
                     "  # test: {images: ..., labels: ...}     # what is never trained on\n");
    write_rows(out, image);
    if (classes)
        sc_text_add(out,
                    "  - dense: %lld          # a score for each class\n"
                    "loss: softmax_cross_entropy\n",
                    (long long)(count > 1 ? count : 2));
    else
        sc_text_add(out, "  - dense: 1\nloss: mean_squared_error\n");
    sc_text_add(out, "optimizer: {adam: {lr: 0.001}}\n"
                     "train: {epochs: 5, batch: 128, seed: 1, validation: 0.1}   # a tenth is set "
                     "aside and judges\n"
                     "# train.augment: {shift: 2, flip: horizontal} varies images anew in each "
                     "epoch\n");
    return out->status;
}

static socle_status new_images(sc_text *out, const sc_new_wish *wish) {
    sc_env *env = &wish->cli->env;
    sc_dataset *data;
    if (!wish->data || !wish->labels)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "which images? --data IMAGES --labels LABELS, both "
                       "IDX or .npy files");
    SC_TRY(sc_dataset_from_images(&data, env, wish->data, wish->labels, SC_IMAGES_ASK));
    socle_status status = write_images(out, wish, data);
    sc_dataset_destroy(data);
    return status;
}

static socle_status new_spiral(sc_text *out, const sc_new_wish *wish) {
    (void)wish;
    sc_text_add(out,
                "# Two spirals that wind around each other: points are made on the spot.\n"
                "data:\n"
                "  train: {generate: {spiral: {samples: 600, noise: 0.1}}}\n"
                "  test: {generate: {spiral: {samples: 600, noise: 0.1, seed: 2}}}   # others\n"
                "network:\n"
                "  - dense: 32          # without hidden units the boundary is a line\n"
                "  - tanh\n"
                "  - dense: 32\n"
                "  - tanh\n"
                "  - dense: 2           # a score for each spiral\n"
                "loss: softmax_cross_entropy\n"
                "optimizer: {adam: {lr: 0.01}}\n"
                "train: {epochs: 100, batch: 32, seed: 1}\n"
                "# then: socle plot RUN --what boundary\n");
    return out->status;
}

static const sc_new_task tasks[] = {
    {"images", "images and labels, IDX or .npy files", new_images},
    {"table", "a CSV file, of which one column is predicted", sc_new_table},
    {"text", "a text, of which the next character or word is learnt", sc_new_text},
    {"spiral", "points of two spirals, which need no file", new_spiral},
};

const sc_new_task *sc_new_task_at(int number) {
    return number < (int)(sizeof tasks / sizeof tasks[0]) ? &tasks[number] : NULL;
}
