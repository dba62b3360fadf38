/* SPDX-License-Identifier: Apache-2.0 */
/* A program that has set a locale with a decimal comma, as most programs with windows do:
 * networks, kernels' sources, model files and device names with weights read and write their
 * numbers as ever. The same training before and after setlocale() gives the same file.
 *   comma_locale DEVICE */
#include <locale.h>
#include <socle/socle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLES = 64, SIDE = 6, MOST = 1 << 16, SKIPPED = 77 };

static void require(int good, const char *what, const socle_context *context) {
    if (good) return;
    fprintf(stderr, "%s: %s\n", what, context ? socle_error(context) : "");
    exit(1);
}

static size_t contents(const char *path, char *out) {
    FILE *file = fopen(path, "rb");
    require(file != NULL, path, NULL);
    size_t size = fread(out, 1, MOST, file);
    fclose(file);
    require(size > 0 && size < MOST, path, NULL);
    return size;
}

/* Numbers with fractions wherever one can stand; the model goes to `path` and comes back. */
static void train(socle_context *context, const char *path) {
    static unsigned char image[SAMPLES][SIDE][SIDE], label[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        label[i] = (unsigned char)(i % 3);
        for (int x = 0; x < SIDE; x++) image[i][label[i]][x] = (unsigned char)(200 + i % 50);
    }
    socle_data *data;
    socle_net *net, *again;
    socle_status status =
        socle_data_arrays(&data, context, SAMPLES, SOCLE_U8, SOCLE_SHAPE(1, SIDE, SIDE), image,
                          SOCLE_U8, NULL, label);
    require(status == SOCLE_OK, "data", context);
    require(socle_net_create(&net, context) == SOCLE_OK, "net", context);
    socle_node x =
        socle_input_named(net, "input", SOCLE_U8, SOCLE_SHAPE(1, SIDE, SIDE), 1.0f / 255.0f);
    x = socle_dense(net, socle_flatten(net, x), 8,
                    &(socle_dense_opts){.weight_init = {"normal", 0.125f}});
    x = socle_batchnorm(net, x,
                        &(socle_batchnorm_opts){.epsilon = 1.5e-4f, .momentum = 0.75f, .group = 8});
    x = socle_dropout(net, socle_activation(net, x, "gelu"), 0.125f);
    socle_loss_softmax_cross_entropy(net, socle_dense(net, x, 3, NULL));
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.batch = 16;
    opts.validation_split = 0.25f;
    opts.weight_decay = 0.0625f;
    require(socle_fit(net, data, &opts) == SOCLE_OK, "fit", context);
    require(socle_save(net, path) == SOCLE_OK, "save", context);
    require(socle_load(&again, context, path) == SOCLE_OK, "load", context);
    require(socle_save(again, path) == SOCLE_OK, "save again", context);
    socle_net_destroy(again);
    socle_net_destroy(net);
    socle_data_destroy(data);
}

static size_t life(const char *device, const char *path, char *file) {
    socle_context *context;
    char weighted[256];
    snprintf(weighted, sizeof weighted, "%s=1.5", device);
    socle_status status = socle_open(&context, weighted);
    if (status == SOCLE_STATUS_NO_DEVICE) {
        printf("skipped: %s\n", socle_error(context));
        exit(SKIPPED);
    }
    require(status == SOCLE_OK, "open", context);
    train(context, path);
    socle_close(context);
    size_t size = contents(path, file);
    remove(path);
    return size;
}

int main(int argc, char **argv) {
    static char before[MOST], after[MOST];
    char path[64], half[16];
    const char *device = argc > 1 ? argv[1] : "cpu";
    snprintf(path, sizeof path, "/tmp/socle-locale-%ld.safetensors", (long)getpid());
    size_t size = life(device, path, before);
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
        printf("skipped: no locale with a decimal comma; on Debian: apt-get install locales\n");
        return SKIPPED;
    }
    snprintf(half, sizeof half, "%.1f", 0.5);
    require(strcmp(half, "0,5") == 0, "the locale has no comma", NULL);
    require(life(device, path, after) == size && memcmp(before, after, size) == 0, "another file",
            NULL);
    printf("%zu bytes, the same\n", size);
    return 0;
}
