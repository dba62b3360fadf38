/* SPDX-License-Identifier: Apache-2.0 */
/* See new_config.h: the table of tasks, and images and toy data. */
#include "cli/new_config.h"
#include "data/column_kind.h"
#include "data/folder.h"
#include "data/idx.h"
#include "io/quote.h"
#include "io/record.h"
#include "model/net_config.h"

#include <string.h>
#include <sys/stat.h>

enum {
    LEAST_SIDE = 12, /* of images in which a convolution finds something */
    MOST_SIDE = 64,  /* of pictures to begin with: larger ones take long */
    BATCH = 128,
    FEW = 32, /* samples at a time, where there are not many */
    SHOWN = 6 /* names of classes */
};

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

/* `side`: the shorter one of an image; 0: of what is none. */
static void write_layers(sc_text *out, int64_t side) {
    sc_text_add(out, "network:\n");
    if (side >= LEAST_SIDE)
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

/* `classes`: 0: values. */
static void write_training(sc_text *out, int64_t classes, int batch) {
    if (classes)
        sc_text_add(out,
                    "  - dense: %lld          # a score for each class\n"
                    "loss: softmax_cross_entropy\n",
                    (long long)classes);
    else
        sc_text_add(out, "  - dense: 1\nloss: mean_squared_error\n");
    sc_text_add(out,
                "optimizer: {adam: {lr: 0.001}}\n"
                "train: {epochs: %d, batch: %d, seed: 1, validation: 0.1}   # a tenth is set aside "
                "and judges\n"
                "# train.augment: {shift: 2, flip: horizontal} varies images anew in each epoch\n",
                batch == BATCH ? 5 : 20, batch);
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
    const int64_t *size = image->shape.size;
    write_layers(out, image->shape.rank < 3 ? 0 : size[1] < size[2] ? size[1] : size[2]);
    write_training(out, classes ? count > 1 ? count : 2 : 0, BATCH);
    return out->status;
}

/* The first picture's size, or as much smaller as there is time for. */
static void write_folder(sc_text *out, const sc_new_wish *wish, const sc_folder *folder,
                         const sc_picture_form *form) {
    const int64_t longer = form->height > form->width ? form->height : form->width,
                  part = longer > MOST_SIDE ? longer : MOST_SIDE;
    const int64_t height = (form->height * MOST_SIDE + part / 2) / part,
                  width = (form->width * MOST_SIDE + part / 2) / part;
    const int64_t high = height ? height : 1, wide = width ? width : 1;
    sc_text_add(out, "# A network for %zu pictures of %zu classes:", folder->files,
                folder->classes);
    for (size_t c = 0; c < folder->classes; c++) {
        if (c == SHOWN) {
            sc_text_add(out, " and %zu more", folder->classes - SHOWN);
            break;
        }
        sc_text_add(out, "%s%s", c ? ", " : " ", sc_quote(folder->class[c]).text);
    }
    sc_text_add(out,
                "\ndata:\n"
                "  # the first one is %lldx%lld (height x width), %s; all are scaled to this size\n"
                "  train: {folder: ",
                (long long)form->height, (long long)form->width,
                form->channels == 1 ? "grey" : "in colours");
    sc_new_path(out, wish->data);
    sc_text_add(out,
                ", size: [%lld, %lld]}\n"
                "  # test: {folder: ...}                 # what is never trained on\n",
                (long long)high, (long long)wide);
    write_layers(out, high < wide ? high : wide);
    write_training(out, (int64_t)folder->classes, FEW);
}

static socle_status new_folder(sc_text *out, const sc_new_wish *wish) {
    sc_folder folder;
    sc_picture_form form = {0};
    SC_TRY(sc_folder_list(&folder, &wish->cli->env, wish->data, NULL));
    socle_status status = sc_folder_form(&folder, &form);
    if (status == SOCLE_OK) write_folder(out, wish, &folder, &form);
    sc_folder_free(&folder);
    return status == SOCLE_OK ? out->status : status;
}

static socle_status new_images(sc_text *out, const sc_new_wish *wish) {
    sc_env *env = &wish->cli->env;
    sc_dataset *data;
    struct stat info;
    if (wish->data && !wish->labels && stat(wish->data, &info) == 0 && S_ISDIR(info.st_mode))
        return new_folder(out, wish);
    if (!wish->data || !wish->labels)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "which images? --data IMAGES --labels LABELS, both "
                       "IDX or .npy files; or --data FOLDER, with a folder of pictures per class");
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
    {"images", "images and labels, IDX or .npy files, or a folder of pictures", new_images},
    {"table", "a CSV file, of which one column is predicted", sc_new_table},
    {"text", "a text, of which the next character or word is learnt", sc_new_text},
    {"spiral", "points of two spirals, which need no file", new_spiral},
};

const sc_new_task *sc_new_task_at(int number) {
    return number < (int)(sizeof tasks / sizeof tasks[0]) ? &tasks[number] : NULL;
}
